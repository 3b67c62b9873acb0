-- Entries of a span of ids whose digest is not that of their columns and transfers, and transfers that belong to no entry of their
-- institution.
WITH together AS (
    SELECT transfer.entry_id,
           string_agg(books_transfer_text(transfer.id, transfer.entry_id, transfer.institution_id, transfer.posting_date,
                          transfer.debit_account_id, transfer.credit_account_id, transfer.amount_fen, transfer.loan_id),
                      E'\n' ORDER BY transfer.id) AS text
      FROM books_transfer AS transfer
     WHERE transfer.entry_id BETWEEN %(first)s AND %(last)s AND transfer.institution_id = %(institution)s
     GROUP BY transfer.entry_id
), entry AS (
    SELECT * FROM books_entry WHERE id BETWEEN %(first)s AND %(last)s AND institution_id = %(institution)s
)
SELECT 'entry' AS kind, entry.id, entry.posting_date AS day
  FROM entry
  LEFT JOIN together ON together.entry_id = entry.id
 WHERE entry.digest IS DISTINCT FROM parties_digest(
           books_entry_text(entry.id, entry.institution_id, entry.act, entry.posting_date, entry.effective_date, entry.loan_id,
                            entry.event_id, entry.reference, entry.recorded_at, entry.recorded_by) || E'\n' || together.text)
 UNION ALL
SELECT 'transfer', transfer.id, transfer.posting_date
  FROM books_transfer AS transfer
 WHERE transfer.entry_id BETWEEN %(first)s AND %(last)s AND transfer.institution_id = %(institution)s
   AND NOT EXISTS (SELECT FROM entry WHERE entry.id = transfer.entry_id)
 ORDER BY 3, 1, 2
