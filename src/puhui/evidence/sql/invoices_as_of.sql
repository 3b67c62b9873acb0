-- What was known at a moment: rows known by then, without those that a row known by then had replaced.
SELECT invoice.id, invoice.firm_id, invoice.direction, invoice.issued_on, invoice.issued_hour, invoice.counterparty, invoice.kind,
       invoice.amount_fen, invoice.tax_fen, invoice.total_fen, invoice.status, invoice.known_at, invoice.duplicate
  FROM evidence_invoice AS invoice
 WHERE invoice.firm_id = ANY (%(firms)s)
   AND invoice.known_at <= %(known_at)s
   AND NOT EXISTS (
           SELECT FROM evidence_invoicereplacement AS replacement
            WHERE replacement.earlier_id = invoice.id AND replacement.known_at <= %(known_at)s)
