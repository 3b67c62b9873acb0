-- The sub-ledger: what all loans of an institution together stand at after the last day end, as sums of their counters.
SELECT {sums}
  FROM (SELECT loan.*, interest_run, penalty_run,
               CASE WHEN suspended THEN interest_run ELSE 0 END AS interest_suspended_run,
               CASE WHEN suspended THEN penalty_run ELSE 0 END AS penalty_suspended_run
          FROM (SELECT loan.*, greatest(%(day)s::date - state_date, 0) AS nights,
                       non_accrual_profile = 'house_rule' AND status IN ('non_accrual', 'terminated')
                           AND state_date - overdue_since > 90 AS suspended
                  FROM loans_loan AS loan
                 WHERE institution_id = %(institution)s) AS loan
          LEFT JOIN loans_nightshape AS shape ON shape.id = loan.run_shape
         CROSS JOIN LATERAL (
               SELECT coalesce(interest_path[least(nights + 1, cardinality(interest_path))],
                               loans_run(run_offset, run_product, run_denominator,
                                   shape.units[least(greatest(%(day)s::date, state_date) - shape.first + 1, cardinality(shape.units))])
                               - loans_run(run_offset, run_product, run_denominator,
                                   shape.units[least(state_date - shape.first + 1, cardinality(shape.units))]), 0) AS interest_run,
                      coalesce(penalty_path[least(nights + 1, cardinality(penalty_path))], 0) AS penalty_run) AS run) AS loan
