-- What a clerk's act makes of a loan or a few is not added up there and then, while somebody waits, but kept as versions, -1 as a loan was
-- and +1 as it is, until the night adds them to loans_standing. Statements that change many loans add up at once.
CREATE TABLE loans_version AS SELECT 1 AS sign, {columns} FROM loans_loan WITH NO DATA;

CREATE OR REPLACE FUNCTION loans_keep_standing() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM after OFFSET 49) THEN
        INSERT INTO loans_version (sign, {columns}) SELECT -1, {columns} FROM before UNION ALL SELECT 1, {columns} FROM after;
        RETURN NULL;
    END IF;
    INSERT INTO loans_standing
           (institution_id, branch_id, product_code, suspended, principal_fen, accrued_interest_fen, interest_receivable_fen,
            penalty_receivable_fen, fee_receivable_fen, loans, owed_fen, nights, night_loans, night_interest_fen, night_penalty_fen)
{standing};
    RETURN NULL;
END $$;
