-- Loans whose counters differ from what the books hold under their number, account by account (all branches and products of one code
-- together). Accounts in which the nights of quiet loans are booked as totals over many loans are left out by the caller.
WITH sign AS (SELECT * FROM jsonb_to_recordset(%(signs)s::jsonb) AS sign(code text, counter text, sign int)),
     cell AS (SELECT * FROM jsonb_to_recordset(%(cells)s::jsonb) AS cell(account_id bigint, code text) WHERE code IN (SELECT code FROM sign)),
     booked AS (
    SELECT loan_id, cell.code, sum(fen) AS fen
      FROM books_transfer AS transfer
     CROSS JOIN LATERAL (VALUES (debit_account_id, amount_fen), (credit_account_id, -amount_fen)) AS side(account_id, fen)
      JOIN cell ON cell.account_id = side.account_id
     WHERE transfer.institution_id = %(institution)s AND transfer.loan_id IS NOT NULL
     GROUP BY 1, 2),
     kept AS (
    SELECT loan.id AS loan_id, loan.number, sign.code, sum(sign.sign * counter.fen) AS fen
      FROM loans_loan AS loan
     CROSS JOIN LATERAL (VALUES {counters}) AS counter(name, fen)
      JOIN sign ON sign.counter = counter.name
     WHERE loan.institution_id = %(institution)s
     GROUP BY loan.id, loan.number, sign.code)
SELECT coalesce(kept.loan_id, booked.loan_id), kept.number, coalesce(kept.code, booked.code), kept.fen, booked.fen
  FROM kept
  FULL JOIN booked ON booked.loan_id = kept.loan_id AND booked.code = kept.code
 WHERE coalesce(kept.fen, 0) <> coalesce(booked.fen, 0)
 ORDER BY 1, 3
