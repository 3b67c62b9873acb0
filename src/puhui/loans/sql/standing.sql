-- What versions of loans come to, by branch, product and whether interest is suspended: see loans/standing.py. {versions} are rows of
-- loans_loan with a sign, -1 as a loan was and +1 as it is. Balances are as of the last day end, the nights booked since a loan's state
-- included; nights are those after it, each with how many loans earn in it and what they earn. Of a loan along a shape sixteen nights are
-- reckoned in one line, since a million lines would be added up otherwise: the interest of all loans on seventeen mornings, whose
-- differences are the nights.
WITH version AS MATERIALIZED (
    SELECT loan.sign, loan.institution_id, loan.branch_id, loan.product_code,
           loan.non_accrual_profile = 'house_rule' AND loan.status IN ('non_accrual', 'terminated')
               AND coalesce(loan.state_date - loan.overdue_since > 90, false) AS suspended,
           loan.run_shape, loan.run_offset, loan.run_product, loan.run_denominator, 2 * run_offset + run_denominator AS base,
           2 * run_product AS step, 2 * run_denominator AS over, loan.interest_path, loan.penalty_path, loan.state_date,
           greatest(institution.business_date - 1 - loan.state_date, 0) AS passed,
           greatest(institution.business_date, loan.state_date + 1) AS next_night,
           lent_fen - principal_repaid_fen - principal_waived_fen - principal_written_off_fen AS principal_fen,
           interest_earned_fen - interest_due_fen - accrued_interest_suspended_fen AS accrued_interest_fen,
           interest_due_fen - interest_paid_fen - interest_waived_fen - interest_suspended_fen - interest_written_off_fen
               AS interest_receivable_fen,
           penalty_earned_fen - penalty_paid_fen - penalty_waived_fen - penalty_suspended_fen - penalty_written_off_fen
               AS penalty_receivable_fen,
           fee_due_fen - fee_paid_fen - fee_waived_fen - fee_written_off_fen AS fee_receivable_fen,
           CASE WHEN next_action_date IS NOT NULL THEN greatest(lent_fen - principal_repaid_fen, 0) ELSE 0 END AS owed_fen
      FROM {versions} AS loan
      JOIN parties_institution AS institution ON institution.id = loan.institution_id
), shape AS MATERIALIZED (
    SELECT id, first, units FROM loans_nightshape WHERE id = ANY (ARRAY(SELECT DISTINCT run_shape FROM version))
), balance AS (
    SELECT institution_id, branch_id, product_code, suspended, sum(sign * principal_fen)::bigint AS principal_fen,
           sum(sign * (accrued_interest_fen + CASE WHEN suspended THEN 0 ELSE interest_run END))::bigint AS accrued_interest_fen,
           sum(sign * interest_receivable_fen)::bigint AS interest_receivable_fen,
           sum(sign * (penalty_receivable_fen + CASE WHEN suspended THEN 0 ELSE penalty_run END))::bigint AS penalty_receivable_fen,
           sum(sign * fee_receivable_fen)::bigint AS fee_receivable_fen,
           sum(CASE WHEN owed_fen > 0 THEN sign ELSE 0 END) AS loans, sum(sign * owed_fen)::bigint AS owed_fen
      FROM version
      LEFT JOIN shape ON shape.id = version.run_shape
     CROSS JOIN LATERAL (
           SELECT coalesce(interest_path[least(passed + 1, cardinality(interest_path))],
                           loans_run(run_offset, run_product, run_denominator,
                                     units[least(state_date + passed - first + 1, cardinality(units))])
                           - loans_run(run_offset, run_product, run_denominator, units[least(state_date - first + 1, cardinality(units))]),
                           0) AS interest_run,
                  coalesce(penalty_path[least(passed + 1, cardinality(penalty_path))], 0) AS penalty_run) AS run
     GROUP BY institution_id, branch_id, product_code, suspended
), piece AS MATERIALIZED (
    SELECT id, first + after AS begun, least(cardinality(units) - 1 - after, 16) AS nights,
           ARRAY(SELECT units[least(after + morning, cardinality(units))] FROM generate_series(1, 17) AS morning ORDER BY morning) AS units
      FROM shape
     CROSS JOIN LATERAL generate_series(0, cardinality(units) - 2, 16) AS after
), mornings AS (
    SELECT institution_id, branch_id, product_code, suspended, sign, next_night, begun, nights, count(*) AS loans, ARRAY[
               sum((base + step * units[1]) / over), sum((base + step * units[2]) / over), sum((base + step * units[3]) / over),
               sum((base + step * units[4]) / over), sum((base + step * units[5]) / over), sum((base + step * units[6]) / over),
               sum((base + step * units[7]) / over), sum((base + step * units[8]) / over), sum((base + step * units[9]) / over),
               sum((base + step * units[10]) / over), sum((base + step * units[11]) / over), sum((base + step * units[12]) / over),
               sum((base + step * units[13]) / over), sum((base + step * units[14]) / over), sum((base + step * units[15]) / over),
               sum((base + step * units[16]) / over), sum((base + step * units[17]) / over)
           ] AS interest_fen
      FROM version
      JOIN piece ON piece.id = version.run_shape AND piece.begun + piece.nights >= version.next_night
     GROUP BY institution_id, branch_id, product_code, suspended, sign, next_night, begun, nights
), earned AS (
    SELECT institution_id, branch_id, product_code, suspended, begun + k AS night, sign * loans AS loans,
           sign * (interest_fen[k + 1] - interest_fen[k]) AS interest, 0 AS penalty
      FROM mornings
     CROSS JOIN LATERAL generate_series(greatest(next_night - begun, 1), nights) AS k
     UNION ALL
    SELECT institution_id, branch_id, product_code, suspended, state_date + k, sum(sign),
           sum(sign * (interest_path[k + 1] - interest_path[k])),
           sum(sign * coalesce(penalty_path[k + 1] - penalty_path[k], 0))
      FROM version
     CROSS JOIN LATERAL generate_series(next_night - state_date, cardinality(interest_path) - 1) AS k
     WHERE run_shape IS NULL
     GROUP BY institution_id, branch_id, product_code, suspended, state_date + k
), night AS (
    SELECT institution_id, branch_id, product_code, suspended, night, sum(loans)::bigint AS loans, sum(interest)::bigint AS interest,
           sum(penalty)::bigint AS penalty
      FROM earned
     GROUP BY institution_id, branch_id, product_code, suspended, night
), ahead AS (
    SELECT institution_id, branch_id, product_code, suspended, array_agg(night) AS nights, array_agg(loans) AS loans,
           array_agg(interest) AS interest, array_agg(penalty) AS penalty
      FROM night
     WHERE loans <> 0 OR interest <> 0 OR penalty <> 0
     GROUP BY institution_id, branch_id, product_code, suspended
)
SELECT balance.institution_id, balance.branch_id, balance.product_code, balance.suspended, principal_fen, accrued_interest_fen,
       interest_receivable_fen, penalty_receivable_fen, fee_receivable_fen, balance.loans, owed_fen, coalesce(nights, '{}'),
       coalesce(ahead.loans, '{}'), coalesce(interest, '{}'), coalesce(penalty, '{}')
  FROM balance
  LEFT JOIN ahead ON ahead.institution_id = balance.institution_id AND ahead.branch_id IS NOT DISTINCT FROM balance.branch_id
                 AND ahead.product_code = balance.product_code AND ahead.suspended = balance.suspended
