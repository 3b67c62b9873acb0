-- Rows whose digest is not that of their columns, and transfers that belong to no entry of their institution.
WITH together AS (
    SELECT transfer.entry_id,
           string_agg(books_transfer_text(transfer.id, transfer.entry_id, transfer.institution_id, transfer.posting_date,
                          transfer.debit_account_id, transfer.credit_account_id, transfer.amount_fen, transfer.loan_id),
                      E'\n' ORDER BY transfer.id) AS text
      FROM books_transfer AS transfer
      JOIN books_entry AS entry ON entry.id = transfer.entry_id AND entry.institution_id = %(institution)s
     GROUP BY transfer.entry_id
)
SELECT 'entry' AS kind, entry.id, entry.posting_date AS day
  FROM books_entry AS entry
  LEFT JOIN together ON together.entry_id = entry.id
 WHERE entry.institution_id = %(institution)s
   AND entry.digest IS DISTINCT FROM parties_digest(
           books_entry_text(entry.id, entry.institution_id, entry.act, entry.posting_date, entry.effective_date, entry.loan_id,
                            entry.event_id, entry.reference, entry.recorded_at, entry.recorded_by) || E'\n' || together.text)
 UNION ALL
SELECT 'transfer', transfer.id, transfer.posting_date
  FROM books_transfer AS transfer
 WHERE transfer.institution_id = %(institution)s
   AND NOT EXISTS (SELECT FROM books_entry AS entry WHERE entry.id = transfer.entry_id AND entry.institution_id = transfer.institution_id)
 UNION ALL
SELECT 'account', account.id, account.opened_on
  FROM books_account AS account
 WHERE account.institution_id = %(institution)s
   AND (account.digest IS DISTINCT FROM parties_digest(
            books_account_text(account.id, account.institution_id, account.code, account.name, account.name_english, account.kind,
                               account.currency, account.opened_on, account.branch_id, account.product_code, account.version))
        OR account.version = 1 AND (account.product_code <> '' OR account.branch_id <> books_head_branch(account.institution_id)))
 UNION ALL
SELECT 'audit record', record.id, record.business_date
  FROM parties_auditrecord AS record
 WHERE record.institution_id = %(institution)s
   AND record.digest IS DISTINCT FROM parties_digest(
           parties_audit_text(record.id, record.institution_id, record.business_date, record.recorded_at, record.actor, record.act,
                              record.subject_kind, record.subject_id, record.detail))
 ORDER BY 1, 2
