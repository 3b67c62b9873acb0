-- What borrowers are to be told tonight, a thousand loans in a row of the outbox: instalments that fall due in some days, arrears that
-- reached some days. Loans are joined to their instalments partition by partition (loans/day_steps.py asks for that).
WITH told AS (
    SELECT 'loans.fall_due' AS topic, loan.id, json_build_object(  -- text until a row of the outbox is whole: quicker
               'loan', loan.id, 'number', loan.number, 'firm', loan.firm_id, 'due', due.due,
               'amount_fen', due.principal_fen + due.interest_fen + due.fee_fen + due.penalty_fen + due.compound_fen - due.paid_fen) AS notice
      FROM loans_loan AS loan
      JOIN loans_instalment AS due ON due.loan_id = loan.id AND due.due = loan.next_action_date AND due.number = loan.next_number
     WHERE loan.institution_id = %(institution)s AND loan.next_action_date = ANY (%(falls_due)s::date[])
       AND loan.overdue_since IS NULL
     UNION ALL
    SELECT 'loans.fall_due', loan.id, json_build_object(
               'loan', loan.id, 'number', loan.number, 'firm', loan.firm_id, 'due', due.due,
               'amount_fen', due.principal_fen + due.interest_fen + due.fee_fen + due.penalty_fen + due.compound_fen - due.paid_fen)
      FROM loans_loan AS loan
      JOIN loans_instalment AS due ON due.loan_id = loan.id AND due.due = loan.next_action_date
     WHERE loan.institution_id = %(institution)s AND loan.next_action_date = ANY (%(falls_due)s::date[])
       AND loan.overdue_since IS NULL AND loan.next_number IS NULL
     UNION ALL
    SELECT 'loans.overdue', loan.id, json_build_object(
               'loan', loan.id, 'number', loan.number, 'firm', loan.firm_id, 'overdue_since', loan.overdue_since,
               'days', %(day)s::date - loan.overdue_since)
      FROM loans_loan AS loan
     WHERE loan.institution_id = %(institution)s AND loan.overdue_since = ANY (%(overdue)s::date[])
), numbered AS (
    SELECT topic, notice, id, (row_number() OVER (PARTITION BY topic ORDER BY id) - 1) / 1000 AS batch FROM told
)
INSERT INTO loans_outbox (institution_id, transaction_number, topic, payload, recorded_at)
SELECT %(institution)s, pg_current_xact_id()::text::bigint, topic,
       json_build_object('day', %(day)s::date, 'notices', json_agg(notice ORDER BY id))::jsonb, now()
  FROM numbered
 GROUP BY topic, batch
 ORDER BY topic, batch
RETURNING topic, jsonb_array_length(payload -> 'notices')
