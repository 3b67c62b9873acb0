-- What one night adds over all loans that nothing else happened to: the differences of their compiled paths, by product.
-- A path holds its value after k nights at element k + 1; it stays at its last element where a loan was set aside.
SELECT product_code,
       sum(interest_path[least(nights + 1, cardinality(interest_path))] - interest_path[least(nights, cardinality(interest_path))])::bigint AS interest_fen,
       coalesce(sum(penalty_path[least(nights + 1, cardinality(penalty_path))] - penalty_path[least(nights, cardinality(penalty_path))]), 0)::bigint AS penalty_fen,
       count(*) AS loans
  FROM (SELECT product_code, interest_path, penalty_path, %(day)s::date - state_date AS nights
          FROM loans_loan
         WHERE institution_id = %(institution)s
           AND next_action_date IS NOT NULL
           AND state_date < %(day)s::date) AS running
 WHERE cardinality(interest_path) > 0
 GROUP BY product_code
 ORDER BY product_code
