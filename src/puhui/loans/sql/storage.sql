-- Loans and their instalments in partitions by a hash of the loan: a worker of the day end has tables of its own. Both have eight, by the
-- same number, so that a loan and its instalments lie in the partitions of one number. Room is left in each page for the row's next
-- version. What refers to loans is taken off and put back, except from events and instalments: a million rows a night, written by
-- functions that hold the loan's row.
CREATE TEMPORARY TABLE referring ON COMMIT DROP AS
SELECT conrelid::regclass AS referrer, conname, pg_get_constraintdef(oid) AS definition, conrelid = ANY (ARRAY['loans_event'::regclass, 'loans_instalment'::regclass]) AS dropped
  FROM pg_constraint WHERE contype = 'f' AND confrelid = 'loans_loan'::regclass;

DO $$
DECLARE each record;
BEGIN
    FOR each IN SELECT * FROM referring LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', each.referrer, each.conname);
    END LOOP;
    FOR each IN SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = 'loans_event'::regclass LOOP
        EXECUTE format('ALTER TABLE loans_event DROP CONSTRAINT %I', each.conname);
    END LOOP;
END $$;

ALTER TABLE loans_loan RENAME TO loans_loan_whole;
ALTER TABLE loans_loan_whole ALTER COLUMN id DROP IDENTITY;
CREATE SEQUENCE loans_loan_id_seq;
CREATE TABLE loans_loan (LIKE loans_loan_whole INCLUDING DEFAULTS INCLUDING COMMENTS) PARTITION BY HASH (id);
ALTER TABLE loans_loan ALTER COLUMN id SET DEFAULT nextval('loans_loan_id_seq');
ALTER SEQUENCE loans_loan_id_seq OWNED BY loans_loan.id;
ALTER TABLE loans_loan
    ADD COLUMN run_shape bigint, ADD COLUMN run_offset bigint, ADD COLUMN run_product bigint, ADD COLUMN run_denominator bigint,
    ADD COLUMN next_number integer,
    ADD COLUMN principal_waived_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN interest_waived_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN penalty_waived_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN fee_waived_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN interest_suspended_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN accrued_interest_suspended_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN penalty_suspended_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN principal_written_off_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN interest_written_off_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN penalty_written_off_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN fee_written_off_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN interest_tax_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN penalty_tax_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN fee_tax_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN tax_waiting_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN fee_deferred_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN fee_amortised_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN undrawn_fen bigint NOT NULL DEFAULT 0,
    ADD COLUMN interest_tax_ppm integer NOT NULL DEFAULT 0, ADD COLUMN fee_tax_ppm integer NOT NULL DEFAULT 0;

ALTER TABLE loans_instalment RENAME TO loans_instalment_whole;
CREATE TABLE loans_instalment (LIKE loans_instalment_whole INCLUDING DEFAULTS) PARTITION BY HASH (loan_id);
ALTER TABLE loans_instalment DROP COLUMN id;
ALTER TABLE loans_instalment
    ADD COLUMN run_shape bigint, ADD COLUMN run_product bigint, ADD COLUMN run_denominator bigint;

DO $$
BEGIN
    FOR number IN 0..7 LOOP
        EXECUTE format('CREATE TABLE loans_loan_%s PARTITION OF loans_loan FOR VALUES WITH (MODULUS 8, REMAINDER %s) WITH (fillfactor = 80)', number, number);
        EXECUTE format('CREATE TABLE loans_instalment_%s PARTITION OF loans_instalment FOR VALUES WITH (MODULUS 8, REMAINDER %s) WITH (fillfactor = 90)', number, number);
    END LOOP;
END $$;

INSERT INTO loans_loan SELECT * FROM loans_loan_whole;
SELECT setval('loans_loan_id_seq', greatest((SELECT max(id) FROM loans_loan), 1), EXISTS (SELECT FROM loans_loan));
INSERT INTO loans_instalment
       (loan_id, number, start, due, principal_fen, interest_fen, fee_fen, penalty_fen, compound_fen, paid_fen, balance_fen)
SELECT loan_id, number, start, due, principal_fen, interest_fen, fee_fen, penalty_fen, compound_fen, paid_fen, balance_fen
  FROM loans_instalment_whole;
DROP TABLE loans_instalment_whole;
DROP TABLE loans_loan_whole;

ALTER TABLE loans_loan ADD PRIMARY KEY (id);
CREATE INDEX loan_next_action ON loans_loan (institution_id, next_action_date) WHERE next_action_date IS NOT NULL;
CREATE INDEX loan_overdue ON loans_loan (institution_id, firm_id) WHERE overdue_since IS NOT NULL;
CREATE INDEX loans_loan_firm_id_4be7e6_idx ON loans_loan (firm_id);
CREATE INDEX loans_loan_contract_id ON loans_loan (contract_id);
ALTER TABLE loans_loan
    ADD CONSTRAINT loans_loan_institution_fk FOREIGN KEY (institution_id) REFERENCES parties_institution (id),
    ADD CONSTRAINT loans_loan_firm_fk FOREIGN KEY (firm_id) REFERENCES parties_firm (id),
    ADD CONSTRAINT loans_loan_contract_fk FOREIGN KEY (contract_id) REFERENCES loans_contract (id);
ALTER TABLE loans_instalment ADD PRIMARY KEY (loan_id, number);

DO $$
DECLARE each record;
BEGIN
    FOR each IN SELECT * FROM referring WHERE NOT dropped LOOP
        EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', each.referrer, each.conname, each.definition);
    END LOOP;
END $$;

-- A number is an institution's only once, whatever partition its loan lies in: the register of numbers is a table of its own.
INSERT INTO loans_loannumber (institution_id, number, loan_id) SELECT institution_id, number, id FROM loans_loan;
CREATE FUNCTION loans_register_numbers() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO loans_loannumber (institution_id, number, loan_id) SELECT institution_id, number, id FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER loans_number_registered AFTER INSERT ON loans_loan
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION loans_register_numbers();

-- Interest along a shape, in whole fen: see loans/nights.py.
CREATE FUNCTION loans_run(p_offset bigint, p_product bigint, p_denominator bigint, p_units bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT (2 * (p_offset + p_product * p_units) + p_denominator) / (2 * p_denominator) $$;
