-- The book of an institution after the day end of a day, by product, class and days past due: loans to which nothing happened since, as
-- they stand, with the nights booked since their state. Expected loss is rounded loan by loan, as calculations/expected_loss.py does.
WITH standing AS (
    SELECT loan.product_code, loan.risk_class, greatest(%(day)s::date - loan.overdue_since, 0) AS days_past_due, loan.rate_ppm,
           loan.probability_ppm, loan.lent_fen, loan.principal_repaid_fen,
           loan.lent_fen - loan.principal_repaid_fen - loan.principal_waived_fen AS principal_fen,
           loan.interest_earned_fen
               + coalesce(interest_path[least(nights + 1, cardinality(interest_path))],
                          loans_run(run_offset, run_product, run_denominator,
                              shape.units[least(state_date + nights - shape.first + 1, cardinality(shape.units))])
                          - loans_run(run_offset, run_product, run_denominator,
                              shape.units[least(state_date - shape.first + 1, cardinality(shape.units))]), 0) AS interest_fen,
           loan.penalty_earned_fen + coalesce(penalty_path[least(nights + 1, cardinality(penalty_path))], 0) AS penalty_fen
      FROM loans_loan AS loan
      LEFT JOIN loans_nightshape AS shape ON shape.id = loan.run_shape
     CROSS JOIN LATERAL (SELECT %(day)s::date - loan.state_date AS nights) AS since
     WHERE loan.institution_id = %(institution)s AND loan.start <= %(day)s AND loan.state_date <= %(day)s
)
SELECT product_code, risk_class, coalesce(days_past_due, 0), count(*) FILTER (WHERE principal_fen > 0), sum(principal_fen)::bigint,
       sum(div(principal_fen::numeric * %(loss_given_default_ppm)s
               * CASE WHEN days_past_due > %(defaulted_after_days)s THEN 1000000 ELSE probability_ppm END + 500000000000, 1000000000000))::bigint,
       sum(principal_fen::numeric * rate_ppm), sum(lent_fen)::bigint, sum(principal_repaid_fen)::bigint, sum(interest_fen)::bigint,
       sum(penalty_fen)::bigint
  FROM standing
 GROUP BY 1, 2, 3
