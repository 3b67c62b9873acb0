-- Rows of one file, as read and checked, before it is known which of them are new. Gone when the transaction ends.
CREATE TEMPORARY TABLE staged_invoice (
    firm_id bigint NOT NULL,
    row_number integer NOT NULL,
    direction text NOT NULL,
    invoice_code text NOT NULL,
    invoice_number text NOT NULL,
    issued_on date NOT NULL,
    issued_hour smallint,
    counterparty text NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    amount_fen bigint NOT NULL,
    tax_fen bigint NOT NULL,
    total_fen bigint NOT NULL,
    known_at timestamptz NOT NULL,
    known_at_assumed boolean NOT NULL,
    duplicate boolean NOT NULL,
    flags integer NOT NULL,
    content_key uuid NOT NULL,
    identity_key uuid NOT NULL,
    occurrence smallint NOT NULL
) ON COMMIT DROP
