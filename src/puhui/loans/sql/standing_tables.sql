-- Every change of loans leaves what it comes to in loans_standing, whoever made it. A loan is entered as a row of zeros and gets its first
-- drawdown as a change, so changes tell all. A trigger on the whole table does not fire for statements on a partition: each has its own.
CREATE FUNCTION loans_keep_standing() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO loans_standing
           (institution_id, branch_id, product_code, suspended, principal_fen, accrued_interest_fen, interest_receivable_fen,
            penalty_receivable_fen, fee_receivable_fen, loans, owed_fen, nights, night_loans, night_interest_fen, night_penalty_fen)
{standing};
    RETURN NULL;
END $$;

DO $$
DECLARE each text;
BEGIN
    FOREACH each IN ARRAY ARRAY['', '_0', '_1', '_2', '_3', '_4', '_5', '_6', '_7'] LOOP
        EXECUTE format('CREATE TRIGGER loans_standing_kept AFTER UPDATE ON loans_loan%s'
                       ' REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION loans_keep_standing()', each);
    END LOOP;
END $$;

-- What the loans that are there stand at.
INSERT INTO loans_standing
       (institution_id, branch_id, product_code, suspended, principal_fen, accrued_interest_fen, interest_receivable_fen,
        penalty_receivable_fen, fee_receivable_fen, loans, owed_fen, nights, night_loans, night_interest_fen, night_penalty_fen)
{standing_of_all};
