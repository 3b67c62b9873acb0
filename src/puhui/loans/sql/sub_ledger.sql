-- The sub-ledger: what all loans of an institution together stand at after the last day end, by balance-sheet role.
SELECT coalesce(sum(lent_fen - principal_repaid_fen), 0)::bigint AS principal,
       coalesce(sum(interest_earned_fen + interest_run - interest_due_fen), 0)::bigint AS accrued_interest,
       coalesce(sum(interest_due_fen - interest_paid_fen), 0)::bigint AS interest_receivable,
       coalesce(sum(penalty_earned_fen + penalty_run - penalty_paid_fen), 0)::bigint AS penalty_receivable,
       coalesce(sum(fee_due_fen - fee_paid_fen), 0)::bigint AS fee_receivable
  FROM (SELECT loan.*,
               coalesce(interest_path[least(nights + 1, cardinality(interest_path))], 0) AS interest_run,
               coalesce(penalty_path[least(nights + 1, cardinality(penalty_path))], 0) AS penalty_run
          FROM (SELECT loan.*, greatest(%(day)s::date - state_date, 0) AS nights
                  FROM loans_loan AS loan
                 WHERE institution_id = %(institution)s) AS loan) AS loan
