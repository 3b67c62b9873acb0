-- Pairs of accounts that transfers moved between though they are of two branches or two products, and the first such transfer.
SELECT debit.code, credit.code, pairs.transfers, pairs.first_id
  FROM (SELECT debit_account_id, credit_account_id, count(*) AS transfers, min(id) AS first_id
          FROM books_transfer
         WHERE institution_id = %(institution)s
         GROUP BY 1, 2) AS pairs
  JOIN books_account AS debit ON debit.id = pairs.debit_account_id
  JOIN books_account AS credit ON credit.id = pairs.credit_account_id
 WHERE (debit.branch_id, debit.product_code) <> (credit.branch_id, credit.product_code)
 ORDER BY pairs.first_id
