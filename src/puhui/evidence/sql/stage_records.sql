-- Rows of one file of records, as read and checked, before it is known which of them are new. Gone when the transaction ends.
CREATE TEMPORARY TABLE staged_record (
    firm_id bigint NOT NULL,
    row_number integer NOT NULL,
    observed_on date NOT NULL,
    known_at timestamptz NOT NULL,
    known_at_assumed boolean NOT NULL,
    content jsonb NOT NULL,
    content_key uuid NOT NULL,
    identity_key uuid NOT NULL,
    occurrence smallint NOT NULL
) ON COMMIT DROP
