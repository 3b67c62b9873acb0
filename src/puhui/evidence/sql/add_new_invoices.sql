-- Add the rows that are not there yet, and write down what the batch brought of each firm. The same row, or the same file, a second time
-- adds nothing.
WITH added AS (
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
    RETURNING firm_id, issued_on
), firms AS (
    INSERT INTO evidence_batchfirm (batch_id, firm_id, record, row_count, first_observed_on, last_observed_on)
    SELECT %(batch)s, firm_id, 'invoice', count(*), min(issued_on), max(issued_on) FROM added GROUP BY firm_id
    RETURNING row_count
)
SELECT coalesce(sum(row_count), 0) FROM firms
