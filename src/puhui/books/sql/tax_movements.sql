-- What moved on some accounts in a span of days, by account, act, branch and product.
WITH cell AS (
    SELECT account.id, account.code, account.product_code, branch.code AS branch_code
      FROM books_account AS account
      JOIN parties_branch AS branch ON branch.id = account.branch_id
     WHERE account.institution_id = %(institution)s AND account.code = ANY (%(codes)s)
)
SELECT cell.code, entry.act, cell.branch_code, cell.product_code,
       coalesce(sum(transfer.amount_fen) FILTER (WHERE transfer.debit_account_id = cell.id), 0)::bigint AS debit_fen,
       coalesce(sum(transfer.amount_fen) FILTER (WHERE transfer.credit_account_id = cell.id), 0)::bigint AS credit_fen,
       count(DISTINCT entry.id) AS entries
  FROM books_transfer AS transfer
  JOIN cell ON cell.id IN (transfer.debit_account_id, transfer.credit_account_id)
  JOIN books_entry AS entry ON entry.id = transfer.entry_id
 WHERE transfer.institution_id = %(institution)s AND transfer.posting_date BETWEEN %(since)s AND %(until)s
 GROUP BY 1, 2, 3, 4
 ORDER BY 1, 2, 3, 4
