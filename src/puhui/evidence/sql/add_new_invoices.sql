-- Add the rows that are not there yet; the same row, or the same file, a second time adds nothing.
INSERT INTO evidence_invoice (
    institution_id, batch_id, received_at,
    firm_id, row_number, direction, invoice_code, invoice_number, issued_on, issued_hour, counterparty, kind, status, amount_fen,
    tax_fen, total_fen, known_at, known_at_assumed, duplicate, flags, content_key, identity_key, occurrence)
SELECT %(institution)s, %(batch)s, %(received_at)s,
       firm_id, row_number, direction, invoice_code, invoice_number, issued_on, issued_hour, counterparty, kind, status, amount_fen,
       tax_fen, total_fen, known_at, known_at_assumed, duplicate, flags, content_key, identity_key, occurrence
  FROM staged_invoice AS staged
 WHERE NOT EXISTS (
           SELECT FROM evidence_invoice AS stored
            WHERE stored.firm_id = staged.firm_id
              AND stored.content_key = staged.content_key
              AND stored.occurrence = staged.occurrence)
