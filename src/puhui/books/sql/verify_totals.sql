-- Account totals of closed days against the transfers: wrong, missing, or of a day that is not closed.
WITH days AS (
    SELECT date, lag(date) OVER (ORDER BY date) AS after FROM books_closedday WHERE institution_id = %(institution)s
), pairs AS (
    SELECT posting_date, debit_account_id, credit_account_id, sum(amount_fen) AS amount_fen
      FROM books_transfer
     WHERE institution_id = %(institution)s
     GROUP BY 1, 2, 3
), moved AS (
    SELECT days.date, side.account_id, sum(side.debit_fen) AS debit_fen, sum(side.credit_fen) AS credit_fen
      FROM pairs
      JOIN days ON pairs.posting_date <= days.date AND (days.after IS NULL OR pairs.posting_date > days.after)
     CROSS JOIN LATERAL (VALUES (debit_account_id, amount_fen, 0), (credit_account_id, 0, amount_fen))
           AS side (account_id, debit_fen, credit_fen)
     GROUP BY 1, 2
), expected AS (
    SELECT *, sum(debit_fen - credit_fen) OVER (PARTITION BY account_id ORDER BY date) AS balance_fen FROM moved
), stored AS (
    SELECT date, account_id, debit_fen, credit_fen, balance_fen FROM books_accountday WHERE institution_id = %(institution)s
)
SELECT date, account_id,
       stored.debit_fen, stored.credit_fen, stored.balance_fen,
       expected.debit_fen, expected.credit_fen, expected.balance_fen
  FROM stored FULL JOIN expected USING (date, account_id)
 WHERE (stored.debit_fen, stored.credit_fen, stored.balance_fen)
       IS DISTINCT FROM (expected.debit_fen, expected.credit_fen, expected.balance_fen)
 ORDER BY date, account_id
