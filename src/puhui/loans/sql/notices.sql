-- What borrowers of one partition of loans are to be told tonight, lot by lot as the texts of JSON objects with commas between them: topic,
-- how many, text. Instalments that fall due in some days, arrears that reached some days. See loans/notices.py; {part} is the partition.
WITH told AS (
    SELECT 'loans.fall_due' AS topic, loan.id, json_build_object(
               'loan', loan.id, 'number', loan.number, 'firm', loan.firm_id, 'due', due.due,
               'amount_fen', due.principal_fen + due.interest_fen + due.fee_fen + due.penalty_fen + due.compound_fen - due.paid_fen) AS notice
      FROM loans_loan_{part} AS loan
      JOIN loans_instalment_{part} AS due ON due.loan_id = loan.id AND due.due = loan.next_action_date AND due.number = loan.next_number
     WHERE loan.institution_id = %(institution)s AND loan.next_action_date = ANY (%(falls_due)s::date[])
       AND loan.overdue_since IS NULL
     UNION ALL
    SELECT 'loans.fall_due', loan.id, json_build_object(
               'loan', loan.id, 'number', loan.number, 'firm', loan.firm_id, 'due', due.due,
               'amount_fen', due.principal_fen + due.interest_fen + due.fee_fen + due.penalty_fen + due.compound_fen - due.paid_fen)
      FROM loans_loan_{part} AS loan
      JOIN loans_instalment_{part} AS due ON due.loan_id = loan.id AND due.due = loan.next_action_date
     WHERE loan.institution_id = %(institution)s AND loan.next_action_date = ANY (%(falls_due)s::date[])
       AND loan.overdue_since IS NULL AND loan.next_number IS NULL
     UNION ALL
    SELECT 'loans.overdue', loan.id, json_build_object(
               'loan', loan.id, 'number', loan.number, 'firm', loan.firm_id, 'overdue_since', loan.overdue_since,
               'days', %(day)s::date - loan.overdue_since)
      FROM loans_loan_{part} AS loan
     WHERE loan.institution_id = %(institution)s AND loan.overdue_since = ANY (%(overdue)s::date[])
), numbered AS (
    SELECT topic, notice, id, (row_number() OVER (PARTITION BY topic ORDER BY id) - 1) / %(lot)s AS lot FROM told
)
SELECT topic, count(*), string_agg(notice::text, ',' ORDER BY id)
  FROM numbered
 GROUP BY topic, lot
 ORDER BY topic, lot
