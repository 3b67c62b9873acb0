-- Every account opened by a day, with its movement over a span of days and its balance at the end (debit positive): totals of closed
-- days, and the transfers of the days that are not closed.
WITH closed AS (
    SELECT coalesce(max(date), '-infinity') AS through FROM books_closedday WHERE institution_id = %(institution)s AND date <= %(until)s
), moved AS (
    SELECT account_id, date AS day, debit_fen, credit_fen
      FROM books_accountday, closed
     WHERE institution_id = %(institution)s AND date <= closed.through
     UNION ALL
    SELECT side.account_id, pairs.posting_date, side.debit_fen, side.credit_fen
      FROM (SELECT posting_date, debit_account_id, credit_account_id, sum(amount_fen) AS amount_fen
              FROM books_transfer, closed
             WHERE institution_id = %(institution)s AND posting_date > closed.through AND posting_date <= %(until)s
             GROUP BY 1, 2, 3) AS pairs
     CROSS JOIN LATERAL (VALUES (debit_account_id, amount_fen, 0), (credit_account_id, 0, amount_fen))
           AS side (account_id, debit_fen, credit_fen)
)
SELECT account.code, account.name, account.name_english, account.kind,
       coalesce(sum(moved.debit_fen) FILTER (WHERE moved.day >= %(since)s), 0)::bigint AS debit_fen,
       coalesce(sum(moved.credit_fen) FILTER (WHERE moved.day >= %(since)s), 0)::bigint AS credit_fen,
       coalesce(sum(moved.debit_fen - moved.credit_fen), 0)::bigint AS balance_fen
  FROM books_account AS account
  LEFT JOIN moved ON moved.account_id = account.id
 WHERE account.institution_id = %(institution)s AND account.opened_on <= %(until)s
 GROUP BY account.id
 ORDER BY account.code
