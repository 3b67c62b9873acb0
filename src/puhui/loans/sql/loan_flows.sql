-- Loans whose counters differ from what the books hold under their number, account by account. Accounts in which the nights of quiet
-- loans are booked as totals over many loans are left out by the caller.
WITH sign AS (SELECT * FROM jsonb_to_recordset(%(signs)s::jsonb) AS sign(account_id bigint, counter text, sign int)),
     booked AS (
    SELECT loan_id, account_id, sum(fen) AS fen
      FROM books_transfer AS transfer
     CROSS JOIN LATERAL (VALUES (debit_account_id, amount_fen), (credit_account_id, -amount_fen)) AS side(moved_on, fen)
     -- Where a note closes another without cash, the clearing account between them stands in for the borrower's.
     CROSS JOIN LATERAL (SELECT CASE WHEN moved_on = %(refinancing)s THEN %(settlement)s ELSE moved_on END) AS counted(account_id)
     WHERE transfer.institution_id = %(institution)s AND transfer.loan_id IS NOT NULL AND account_id IN (SELECT account_id FROM sign)
     GROUP BY 1, 2),
     kept AS (
    SELECT loan.id AS loan_id, loan.number, sign.account_id, sum(sign.sign * counter.fen) AS fen
      FROM loans_loan AS loan
     CROSS JOIN LATERAL (VALUES {counters}) AS counter(name, fen)
      JOIN sign ON sign.counter = counter.name
     WHERE loan.institution_id = %(institution)s
     GROUP BY loan.id, loan.number, sign.account_id)
SELECT coalesce(kept.loan_id, booked.loan_id), kept.number, coalesce(kept.account_id, booked.account_id), kept.fen, booked.fen
  FROM kept
  FULL JOIN booked ON booked.loan_id = kept.loan_id AND booked.account_id = kept.account_id
 WHERE coalesce(kept.fen, 0) <> coalesce(booked.fen, 0)
 ORDER BY 1, 3
