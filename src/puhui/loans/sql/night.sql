-- One pass over all loans that run, at the end of a day: what the night adds where nothing else happened, the book by days past due, and
-- the control totals, by branch, product and whether interest is income. Interest is the difference of two mornings along the shape that
-- a loan shares with others, or along its own path (element k + 1 after k nights). Both stay at their last value where a loan was set
-- aside. Controls: the sub-ledger's balances as sums of counters, the nights booked since a loan's state included.
SELECT branch_id, product_code, suspended, days_past_due,
       count(*) FILTER (WHERE runs) AS running, coalesce(sum(interest_fen), 0)::bigint AS interest_fen,
       coalesce(sum(penalty_fen), 0)::bigint AS penalty_fen, count(*) FILTER (WHERE principal_fen > 0) AS loans,
       coalesce(sum(principal_fen) FILTER (WHERE principal_fen > 0), 0)::bigint AS principal_fen, {controls}
  FROM (SELECT loan.*, lent_fen - principal_repaid_fen AS principal_fen,
               status = 'non_accrual' AND non_accrual_profile = 'house_rule' AS suspended,
               greatest(%(day)s::date - overdue_since, 0) AS days_past_due,
               nights > 0 AND (run_shape IS NOT NULL OR cardinality(interest_path) > 0) AS runs,
               CASE WHEN nights = 0 THEN 0
                    WHEN run_shape IS NOT NULL THEN loans_run(run_offset, run_product, run_denominator, after)
                                                    - loans_run(run_offset, run_product, run_denominator, before)
                    ELSE coalesce(interest_path[least(nights + 1, cardinality(interest_path))]
                                  - interest_path[least(nights, cardinality(interest_path))], 0) END AS interest_fen,
               CASE WHEN nights = 0 THEN 0
                    ELSE coalesce(penalty_path[least(nights + 1, cardinality(penalty_path))]
                                  - penalty_path[least(nights, cardinality(penalty_path))], 0) END AS penalty_fen,
               CASE WHEN nights = 0 THEN 0
                    WHEN run_shape IS NOT NULL
                    THEN loans_run(run_offset, run_product, run_denominator, after) - (interest_earned_fen - interest_due_fen)
                    ELSE coalesce(interest_path[least(nights + 1, cardinality(interest_path))], 0) END AS interest_run,
               coalesce(penalty_path[least(nights + 1, cardinality(penalty_path))], 0) AS penalty_run
          FROM (SELECT loan.*, greatest(%(day)s::date - state_date, 0) AS nights
                  FROM loans_loan AS loan
                 WHERE institution_id = %(institution)s AND next_action_date IS NOT NULL) AS loan
          LEFT JOIN (SELECT id, units[least(%(day)s::date - first, cardinality(units) - 1) + 1] AS after,
                            units[least(%(day)s::date - first, cardinality(units))] AS before
                       FROM loans_nightshape
                      WHERE first < %(day)s::date
                     OFFSET 0) AS tonight ON tonight.id = run_shape) AS loan
 GROUP BY branch_id, product_code, suspended, days_past_due
 ORDER BY branch_id, product_code, suspended, days_past_due NULLS FIRST
