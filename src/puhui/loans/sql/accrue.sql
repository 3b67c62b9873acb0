-- What one night adds over all loans that nothing else happened to, by branch, product and whether it is income: the difference of two mornings along the shape that a
-- loan shares with others, or along its own path. A path holds its value after k nights at element k + 1. Both stay at their last value
-- where a loan was set aside.
WITH tonight AS MATERIALIZED (
    SELECT id, first, units[%(day)s::date - first + 1] AS after, units[%(day)s::date - first] AS before
      FROM loans_nightshape
     WHERE last >= %(day)s::date AND first < %(day)s::date
), running AS (
    SELECT branch_id, product_code, false AS suspended,
           loans_run(run_offset, run_product, run_denominator, tonight.after)
           - loans_run(run_offset, run_product, run_denominator, tonight.before) AS interest_fen,
           0::bigint AS penalty_fen
      FROM loans_loan
      JOIN tonight ON tonight.id = run_shape
     WHERE institution_id = %(institution)s AND state_date < %(day)s::date AND next_action_date IS NOT NULL
     UNION ALL
    SELECT branch_id, product_code, status = 'non_accrual' AND non_accrual_profile = 'house_rule',
           interest_path[least(nights + 1, cardinality(interest_path))] - interest_path[least(nights, cardinality(interest_path))],
           coalesce(penalty_path[least(nights + 1, cardinality(penalty_path))] - penalty_path[least(nights, cardinality(penalty_path))], 0)
      FROM (SELECT branch_id, product_code, status, non_accrual_profile, interest_path, penalty_path, %(day)s::date - state_date AS nights
              FROM loans_loan
             WHERE institution_id = %(institution)s AND state_date < %(day)s::date AND next_action_date IS NOT NULL AND run_shape IS NULL) AS path
     WHERE cardinality(interest_path) > 0
)
SELECT branch_id, product_code, suspended, sum(interest_fen)::bigint AS interest_fen, sum(penalty_fen)::bigint AS penalty_fen, count(*) AS loans
  FROM running
 GROUP BY branch_id, product_code, suspended
 ORDER BY branch_id, product_code, suspended
