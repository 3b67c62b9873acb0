-- Readings of one file, one row a day and series, before it is known which of them are new. Gone when the transaction ends.
CREATE TEMPORARY TABLE staged_reading (
    firm_id bigint NOT NULL,
    row_number integer NOT NULL,
    series_key uuid NOT NULL,
    key jsonb NOT NULL,
    day date NOT NULL,
    known_at timestamptz NOT NULL,
    known_at_assumed boolean NOT NULL,
    "values" double precision[] NOT NULL,
    told boolean NOT NULL DEFAULT false
) ON COMMIT DROP
