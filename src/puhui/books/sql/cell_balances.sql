-- The balance (debit positive) of each cell of some accounts after a day: the total of the newest closed day on which it moved, and the
-- transfers of the days since that are not closed.
WITH closed AS (
    SELECT coalesce(max(date), '-infinity') AS through FROM books_closedday WHERE institution_id = %(institution)s AND date <= %(until)s
), since AS (
    SELECT side.account_id, sum(side.amount_fen) AS amount_fen
      FROM (SELECT debit_account_id, credit_account_id, sum(amount_fen) AS amount_fen
              FROM books_transfer
             WHERE institution_id = %(institution)s AND posting_date > (SELECT through FROM closed) AND posting_date <= %(until)s
             GROUP BY 1, 2) AS pairs
     CROSS JOIN LATERAL (VALUES (debit_account_id, amount_fen), (credit_account_id, -amount_fen)) AS side (account_id, amount_fen)
     GROUP BY 1
)
SELECT account.code, branch.code, account.product_code, (coalesce(before.balance_fen, 0) + coalesce(since.amount_fen, 0))::bigint
  FROM books_account AS account
  JOIN parties_branch AS branch ON branch.id = account.branch_id
  LEFT JOIN LATERAL (
       SELECT balance_fen FROM books_accountday
        WHERE institution_id = %(institution)s AND account_id = account.id AND date <= (SELECT through FROM closed)
        ORDER BY date DESC LIMIT 1) AS before ON true
  LEFT JOIN since ON since.account_id = account.id
 WHERE account.institution_id = %(institution)s AND account.code = ANY (%(codes)s) AND account.opened_on <= %(until)s
 ORDER BY account.code, branch.code, account.product_code
