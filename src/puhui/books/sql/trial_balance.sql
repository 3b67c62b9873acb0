-- Every account opened by a day, with its movement over a span of days and its balance at the end (debit positive): totals of closed
-- days, and the transfers of the days that are not closed. Cells of a code are added up, over the branches and products asked for
-- (null: all); with `by_branch` and `by_product` they stay apart. Amounts of two currencies are never added up.
WITH closed AS (
    SELECT coalesce(max(date), '-infinity') AS through FROM books_closedday WHERE institution_id = %(institution)s AND date <= %(until)s
), cell AS (
    SELECT id, code, name, name_english, kind, currency,
           CASE WHEN %(by_branch)s THEN branch_id END AS branch_id,
           CASE WHEN %(by_product)s THEN product_code END AS product_code
      FROM books_account
     WHERE institution_id = %(institution)s AND opened_on <= %(until)s
       AND (%(branches)s::bigint[] IS NULL OR branch_id = ANY (%(branches)s))
       AND (%(product)s::text IS NULL OR product_code = %(product)s)
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
SELECT cell.code, (array_agg(cell.name ORDER BY cell.id))[1], (array_agg(cell.name_english ORDER BY cell.id))[1],
       (array_agg(cell.kind ORDER BY cell.id))[1],
       coalesce(sum(moved.debit_fen) FILTER (WHERE moved.day >= %(since)s), 0)::bigint AS debit_fen,
       coalesce(sum(moved.credit_fen) FILTER (WHERE moved.day >= %(since)s), 0)::bigint AS credit_fen,
       coalesce(sum(moved.debit_fen - moved.credit_fen), 0)::bigint AS balance_fen,
       branch.code AS branch_code, cell.product_code, cell.currency
  FROM cell
  LEFT JOIN parties_branch AS branch ON branch.id = cell.branch_id
  LEFT JOIN moved ON moved.account_id = cell.id
 GROUP BY cell.code, cell.currency, branch.code, cell.product_code
 ORDER BY cell.code, cell.currency, branch.code, cell.product_code
