-- A night in the standing of loans: see loans/standing.py.

-- name: carry
WITH gone AS (
    DELETE FROM loans_standing WHERE institution_id = %(institution)s RETURNING *
), balance AS (
    SELECT branch_id, product_code, suspended, sum(principal_fen)::bigint AS principal_fen,
           sum(accrued_interest_fen)::bigint AS accrued_interest_fen, sum(interest_receivable_fen)::bigint AS interest_receivable_fen,
           sum(penalty_receivable_fen)::bigint AS penalty_receivable_fen, sum(fee_receivable_fen)::bigint AS fee_receivable_fen,
           sum(loans)::bigint AS loans, sum(owed_fen)::bigint AS owed_fen
      FROM gone
     GROUP BY branch_id, product_code, suspended
), night AS (
    SELECT branch_id, product_code, suspended, night, sum(earning)::bigint AS loans, sum(interest_fen)::bigint AS interest_fen,
           sum(penalty_fen)::bigint AS penalty_fen
      FROM gone
     CROSS JOIN LATERAL unnest(nights, night_loans, night_interest_fen, night_penalty_fen) AS ahead(night, earning, interest_fen, penalty_fen)
     WHERE night >= %(day)s
     GROUP BY branch_id, product_code, suspended, night
), ahead AS (
    SELECT branch_id, product_code, suspended, array_agg(night ORDER BY night) AS nights, array_agg(loans ORDER BY night) AS loans,
           array_agg(interest_fen ORDER BY night) AS interest_fen, array_agg(penalty_fen ORDER BY night) AS penalty_fen,
           coalesce(sum(interest_fen) FILTER (WHERE night = %(day)s AND NOT suspended), 0)::bigint AS interest_tonight_fen,
           coalesce(sum(penalty_fen) FILTER (WHERE night = %(day)s AND NOT suspended), 0)::bigint AS penalty_tonight_fen
      FROM night
     WHERE loans <> 0 OR interest_fen <> 0 OR penalty_fen <> 0
     GROUP BY branch_id, product_code, suspended
)
INSERT INTO loans_standing ({columns})
SELECT %(institution)s, balance.branch_id, balance.product_code, balance.suspended, principal_fen,
       accrued_interest_fen + coalesce(interest_tonight_fen, 0), interest_receivable_fen,
       penalty_receivable_fen + coalesce(penalty_tonight_fen, 0), fee_receivable_fen, balance.loans, owed_fen,
       coalesce(nights, '{}'), coalesce(ahead.loans, '{}'), coalesce(ahead.interest_fen, '{}'), coalesce(ahead.penalty_fen, '{}')
  FROM balance
  LEFT JOIN ahead ON ahead.branch_id IS NOT DISTINCT FROM balance.branch_id AND ahead.product_code = balance.product_code
                 AND ahead.suspended = balance.suspended
RETURNING branch_id, product_code, suspended, principal_fen, accrued_interest_fen, interest_receivable_fen, penalty_receivable_fen,
          fee_receivable_fen, loans, owed_fen, coalesce(night_loans[array_position(nights, %(day)s)], 0),
          coalesce(night_interest_fen[array_position(nights, %(day)s)], 0), coalesce(night_penalty_fen[array_position(nights, %(day)s)], 0)

-- name: late
SELECT greatest(%(day)s::date - overdue_since, 0) AS days_past_due, count(*), sum(lent_fen - principal_repaid_fen)::bigint
  FROM loans_loan
 WHERE institution_id = %(institution)s AND overdue_since IS NOT NULL AND next_action_date IS NOT NULL AND lent_fen > principal_repaid_fen
 GROUP BY 1
 ORDER BY 1
