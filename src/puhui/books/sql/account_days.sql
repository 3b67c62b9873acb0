-- Each account's movement on a closed day and its balance after it. One pass over the day's transfers, by pairs of accounts.
WITH pairs AS (
    SELECT debit_account_id, credit_account_id, sum(amount_fen) AS amount_fen
      FROM books_transfer
     WHERE institution_id = %(institution)s AND posting_date BETWEEN coalesce(%(after)s::date + 1, '-infinity') AND %(date)s
     GROUP BY 1, 2
), moved AS (
    SELECT side.account_id, sum(side.debit_fen) AS debit_fen, sum(side.credit_fen) AS credit_fen
      FROM pairs
     CROSS JOIN LATERAL (VALUES (debit_account_id, amount_fen, 0), (credit_account_id, 0, amount_fen))
           AS side (account_id, debit_fen, credit_fen)
     GROUP BY 1
)
INSERT INTO books_accountday (institution_id, account_id, date, debit_fen, credit_fen, balance_fen)
SELECT %(institution)s, moved.account_id, %(date)s, moved.debit_fen, moved.credit_fen,
       coalesce(before.balance_fen, 0) + moved.debit_fen - moved.credit_fen
  FROM moved
  LEFT JOIN LATERAL (
       SELECT balance_fen FROM books_accountday
        WHERE institution_id = %(institution)s AND account_id = moved.account_id AND date < %(date)s
        ORDER BY date DESC LIMIT 1) AS before ON true
 ORDER BY moved.account_id
