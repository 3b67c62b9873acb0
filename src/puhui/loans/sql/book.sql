-- The book after a day end by days past due: loans and principal. Null where nothing is unpaid.
SELECT days_past_due, count(*) AS loans, sum(principal)::bigint AS principal_fen
  FROM (SELECT greatest(%(day)s::date - overdue_since, 0) AS days_past_due, lent_fen - principal_repaid_fen AS principal
          FROM loans_loan
         WHERE institution_id = %(institution)s AND next_action_date IS NOT NULL AND lent_fen > principal_repaid_fen) AS open
 GROUP BY days_past_due
 ORDER BY days_past_due NULLS FIRST
