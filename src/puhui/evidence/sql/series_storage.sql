-- Readings of meters and machines: one row a month of a series and batch, in eight partitions by firm. Rows above a quarter of a
-- kilobyte are compressed in place, so that a firm's years of readings lie together in few pages.
CREATE SEQUENCE evidence_seriesmonth_id_seq;
CREATE TABLE evidence_seriesmonth (
    id bigint NOT NULL DEFAULT nextval('evidence_seriesmonth_id_seq'),
    institution_id bigint NOT NULL,
    firm_id bigint NOT NULL,
    batch_id bigint NOT NULL,
    record varchar(40) NOT NULL,
    series_key uuid NOT NULL,
    key jsonb NOT NULL,
    month date NOT NULL,
    known_at_assumed boolean NOT NULL,
    received_at timestamptz NOT NULL,
    days smallint[] NOT NULL,
    row_numbers integer[] NOT NULL,
    known_at timestamptz[] NOT NULL,
    fields varchar(64)[] NOT NULL,
    values double precision[] NOT NULL,
    PRIMARY KEY (firm_id, id),
    CONSTRAINT series_month_once UNIQUE (firm_id, batch_id, record, series_key, month, known_at_assumed)
) PARTITION BY HASH (firm_id);
ALTER SEQUENCE evidence_seriesmonth_id_seq OWNED BY evidence_seriesmonth.id;
ALTER TABLE evidence_seriesmonth
    ALTER COLUMN days SET STORAGE MAIN, ALTER COLUMN row_numbers SET STORAGE MAIN, ALTER COLUMN known_at SET STORAGE MAIN,
    ALTER COLUMN fields SET STORAGE MAIN, ALTER COLUMN values SET STORAGE MAIN, ALTER COLUMN key SET STORAGE MAIN;

DO $$
BEGIN
    FOR number IN 0..7 LOOP
        EXECUTE format('CREATE TABLE evidence_seriesmonth_%s PARTITION OF evidence_seriesmonth FOR VALUES WITH (MODULUS 8, REMAINDER %s) WITH (toast_tuple_target = 256)', number, number);
    END LOOP;
END $$;
CREATE INDEX evidence_seriesmonth_of_firm ON evidence_seriesmonth (firm_id, record, month);
COMMENT ON TABLE evidence_seriesmonth IS 'append-only';
