-- Account totals of the closed days of a span against the transfers: wrong, missing, or of a day that is not closed; a balance is the
-- one of the closed day before and the movement. And pairs of accounts of two branches or products that transfers moved between.
WITH days AS (
    SELECT date, after FROM (
        SELECT date, lag(date) OVER (ORDER BY date) AS after FROM books_closedday WHERE institution_id = %(institution)s) AS all_days
     WHERE date BETWEEN %(since)s AND %(until)s
), pairs AS MATERIALIZED (
    SELECT posting_date, debit_account_id, credit_account_id, sum(amount_fen) AS amount_fen
      FROM books_transfer
     WHERE institution_id = %(institution)s
       AND posting_date > coalesce((SELECT max(date) FROM books_closedday WHERE institution_id = %(institution)s AND date < %(since)s), '-infinity')
       AND posting_date <= %(until)s
     GROUP BY 1, 2, 3
), moved AS (
    SELECT days.date, side.account_id, sum(side.debit_fen) AS debit_fen, sum(side.credit_fen) AS credit_fen
      FROM pairs
      JOIN days ON pairs.posting_date <= days.date AND (days.after IS NULL OR pairs.posting_date > days.after)
     CROSS JOIN LATERAL (VALUES (debit_account_id, amount_fen, 0), (credit_account_id, 0, amount_fen))
           AS side (account_id, debit_fen, credit_fen)
     GROUP BY 1, 2
), stored AS (
    SELECT date, account_id, debit_fen, credit_fen, balance_fen
      FROM books_accountday
     WHERE institution_id = %(institution)s AND date BETWEEN %(since)s AND %(until)s
), expected AS (
    SELECT moved.date, moved.account_id, moved.debit_fen, moved.credit_fen,
           coalesce(before.balance_fen, 0) + moved.debit_fen - moved.credit_fen AS balance_fen
      FROM moved
      LEFT JOIN LATERAL (
           SELECT balance_fen FROM books_accountday AS earlier
            WHERE earlier.institution_id = %(institution)s AND earlier.account_id = moved.account_id AND earlier.date < moved.date
            ORDER BY earlier.date DESC LIMIT 1) AS before ON true
)
SELECT 'total' AS kind, date, account_id, NULL::bigint AS other_id,
       stored.debit_fen AS stored_debit, stored.credit_fen AS stored_credit, stored.balance_fen AS stored_balance,
       expected.debit_fen AS expected_debit, expected.credit_fen AS expected_credit, expected.balance_fen AS expected_balance
  FROM stored FULL JOIN expected USING (date, account_id)
 WHERE (stored.debit_fen, stored.credit_fen, stored.balance_fen)
       IS DISTINCT FROM (expected.debit_fen, expected.credit_fen, expected.balance_fen)
 UNION ALL
SELECT 'crossing', pairs.posting_date, pairs.debit_account_id, pairs.credit_account_id, NULL, NULL, NULL, NULL, NULL, NULL
  FROM pairs
  JOIN books_account AS debit ON debit.id = pairs.debit_account_id
  JOIN books_account AS credit ON credit.id = pairs.credit_account_id
 WHERE (debit.branch_id, debit.product_code) <> (credit.branch_id, credit.product_code)
 ORDER BY 2, 3
