-- Pending transfers whose digest is not that of their columns, or whose entry does not reserve, or take back and post, what they say.
WITH memo AS (
    SELECT account.id FROM books_account AS account WHERE account.institution_id = %(institution)s AND account.code = %(memo_pending)s
), moved AS (
    SELECT transfer.entry_id,
           sum(transfer.amount_fen) FILTER (WHERE transfer.debit_account_id IN (TABLE memo)) AS reserved,
           sum(transfer.amount_fen) FILTER (WHERE transfer.credit_account_id IN (TABLE memo)) AS taken_back,
           sum(transfer.amount_fen) FILTER (WHERE (debit.code, credit.code) = (pending.debit_code, pending.credit_code)) AS posted
      FROM books_pending AS pending
      LEFT JOIN books_pendingend AS ended ON ended.pending_id = pending.id
      JOIN books_transfer AS transfer ON transfer.entry_id IN (pending.entry_id, ended.entry_id)
      JOIN books_account AS debit ON debit.id = transfer.debit_account_id
      JOIN books_account AS credit ON credit.id = transfer.credit_account_id
     WHERE pending.institution_id = %(institution)s
     GROUP BY 1
)
SELECT pending.id, pending.key, 'its reservation' AS what
  FROM books_pending AS pending
  LEFT JOIN moved ON moved.entry_id = pending.entry_id
 WHERE pending.institution_id = %(institution)s
   AND (moved.reserved IS DISTINCT FROM pending.amount_fen
        OR pending.digest IS DISTINCT FROM parties_digest(books_pending_text(
               pending.id, pending.institution_id, pending.key, pending.entry_id, pending.debit_code, pending.credit_code,
               pending.amount_fen, pending.branch_id, pending.product_code, pending.loan_id, pending.reference)))
 UNION ALL
SELECT pending.id, pending.key, 'what became of it'
  FROM books_pendingend AS ended
  LEFT JOIN books_pending AS pending ON pending.id = ended.pending_id
  LEFT JOIN moved ON moved.entry_id = ended.entry_id
 WHERE ended.institution_id = %(institution)s
   AND (moved.taken_back IS DISTINCT FROM pending.amount_fen OR coalesce(moved.posted, 0) <> ended.posted_fen
        OR ended.digest IS DISTINCT FROM parties_digest(books_pending_end_text(
               ended.id, ended.institution_id, ended.pending_id, ended.entry_id, ended.posted_fen, ended.reason)))
 ORDER BY 1
