-- Loans whose counters differ from what the books hold under their number. Interest and penalty earned are left out here: the
-- nights of quiet loans are booked as totals over many loans.
WITH role AS (SELECT * FROM jsonb_to_recordset(%(roles)s::jsonb) AS role(account_id bigint, role text)),
     booked AS (
    SELECT transfer.loan_id, flow.counter, sum(CASE WHEN debit.role = flow.debit THEN amount_fen ELSE -amount_fen END) AS fen
      FROM books_transfer AS transfer
      JOIN role AS debit ON debit.account_id = transfer.debit_account_id
      JOIN role AS credit ON credit.account_id = transfer.credit_account_id
      JOIN jsonb_to_recordset(%(flows)s::jsonb) AS flow(counter text, debit text, credit text)
        ON (debit.role, credit.role) IN ((flow.debit, flow.credit), (flow.credit, flow.debit))
     WHERE transfer.institution_id = %(institution)s AND transfer.loan_id IS NOT NULL
     GROUP BY 1, 2),
     kept AS (
    SELECT loan.id AS loan_id, loan.number, counter.name AS counter, counter.fen
      FROM loans_loan AS loan
     CROSS JOIN LATERAL (VALUES ('principal', lent_fen - principal_repaid_fen), ('interest_due', interest_due_fen),
                                ('interest_paid', interest_paid_fen), ('penalty_paid', penalty_paid_fen), ('fee_due', fee_due_fen),
                                ('fee_paid', fee_paid_fen), ('overpaid', overpaid_fen)) AS counter(name, fen)
     WHERE loan.institution_id = %(institution)s)
SELECT coalesce(kept.loan_id, booked.loan_id), kept.number, coalesce(kept.counter, booked.counter), kept.fen, booked.fen
  FROM kept
  FULL JOIN booked ON booked.loan_id = kept.loan_id AND booked.counter = kept.counter
 WHERE coalesce(kept.fen, 0) <> coalesce(booked.fen, 0)
 ORDER BY 1, 3
