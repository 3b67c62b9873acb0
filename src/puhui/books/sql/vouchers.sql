-- The movement of a day by branch, account and currency; what reversals moved stands apart. Products are added up.
WITH pairs AS (
    SELECT entry.act = ANY (%(reversal_acts)s) AS is_reversal, transfer.debit_account_id, transfer.credit_account_id,
           sum(transfer.amount_fen) AS amount_fen, count(*) AS transfers
      FROM books_transfer AS transfer
      JOIN books_entry AS entry ON entry.id = transfer.entry_id
     WHERE transfer.institution_id = %(institution)s AND transfer.posting_date = %(date)s
     GROUP BY 1, 2, 3
)
SELECT branch.code AS branch_code, account.code, account.currency, pairs.is_reversal,
       (array_agg(account.name ORDER BY account.id))[1] AS name, (array_agg(account.kind ORDER BY account.id))[1] AS kind,
       sum(side.debit_fen)::bigint AS debit_fen, sum(side.credit_fen)::bigint AS credit_fen, sum(pairs.transfers)::bigint AS transfers
  FROM pairs
 CROSS JOIN LATERAL (VALUES (debit_account_id, amount_fen, 0), (credit_account_id, 0, amount_fen))
       AS side (account_id, debit_fen, credit_fen)
  JOIN books_account AS account ON account.id = side.account_id
  JOIN parties_branch AS branch ON branch.id = account.branch_id
 GROUP BY 1, 2, 3, 4
 ORDER BY 1, 3, 2, 4
