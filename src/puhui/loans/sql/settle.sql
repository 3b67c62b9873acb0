-- The settlement of dues that were compiled ahead: see loans/settling.py. {part} is the number of a partition.

-- name: portions
SELECT substring(partition::regclass::text FROM '[0-9]+$')::int AS part, min(id), max(id)
  FROM (SELECT tableoid AS partition, id, (row_number() OVER (PARTITION BY tableoid ORDER BY id) - 1) / %(chunk)s AS chunk
          FROM loans_loan
         WHERE institution_id = %(institution)s AND next_action_date = %(day)s AND next_number IS NOT NULL) AS due
 GROUP BY partition, chunk
 ORDER BY part, chunk

-- name: work
CREATE TEMPORARY TABLE IF NOT EXISTS loans_work (
    loan_id bigint PRIMARY KEY, firm_id bigint, decision_id bigint, branch_id bigint, product_code text, reference text,
    number integer, event_number integer, key text, event_id bigint, entry_id bigint,
    amount_fen bigint, principal_fen bigint, interest_fen bigint, fee_fen bigint, night_fen bigint, interest_tax_fen bigint, fee_tax_fen bigint,
    next_due date, next_shape bigint, next_product bigint, next_denominator bigint
) ON COMMIT DELETE ROWS

-- name: accounts
CREATE TEMPORARY TABLE IF NOT EXISTS loans_work_account (
    branch_id bigint, product_code text, principal bigint, settlement bigint, accrued_interest bigint, interest_income bigint,
    interest_receivable bigint, fee_receivable bigint, fee_income bigint, output_tax bigint
) ON COMMIT DELETE ROWS

-- name: list
INSERT INTO loans_work
WITH loan AS MATERIALIZED (
    SELECT id, firm_id, contract_id, branch_id, product_code, number, next_number, event_count, lent_fen - principal_repaid_fen AS owed_fen,
           interest_due_fen, interest_tax_fen, interest_tax_ppm, fee_due_fen, fee_tax_fen, fee_tax_ppm,
           run_shape, run_offset, run_product, run_denominator
      FROM loans_loan_{part}
     WHERE id BETWEEN %(first)s AND %(last)s AND institution_id = %(institution)s AND next_action_date = %(day)s
       AND next_number IS NOT NULL AND state_date < %(day)s
     ORDER BY id
       FOR NO KEY UPDATE
)
SELECT loan.id, loan.firm_id, contract.decision_id, loan.branch_id, loan.product_code, loan.number, loan.next_number, loan.event_count + 1,
       {key}, nextval('loans_event_id_seq'), nextval('books_entry_id_seq'),
       due.principal_fen - due.paid_fen + due.interest_fen + due.fee_fen, due.principal_fen - due.paid_fen, due.interest_fen, due.fee_fen,
       due.interest_fen - loans_run(loan.run_offset, loan.run_product, loan.run_denominator, shape.units[%(day)s::date - shape.first]),
       loans_tax_inside(loan.interest_due_fen + due.interest_fen, loan.interest_tax_ppm) - loan.interest_tax_fen,
       loans_tax_inside(loan.fee_due_fen + due.fee_fen, loan.fee_tax_ppm) - loan.fee_tax_fen,
       following.due, following.run_shape, following.run_product, following.run_denominator
  FROM loan
  JOIN loans_instalment_{part} AS due ON due.loan_id = loan.id AND due.number = loan.next_number
  -- Loan by loan: too few loans are expected here, and every shape would be compared with each.
 CROSS JOIN LATERAL (SELECT units, first FROM loans_nightshape WHERE loans_nightshape.id = loan.run_shape OFFSET 0) AS shape
  JOIN loans_contract AS contract ON contract.id = loan.contract_id
  LEFT JOIN loans_instalment_{part} AS following ON following.loan_id = loan.id AND following.number = loan.next_number + 1
 {source}
 WHERE due.due = %(day)s AND due.loan_id BETWEEN %(first)s AND %(last)s AND NOT contract.revolves
   AND CASE WHEN following.loan_id IS NULL THEN loan.owed_fen = due.principal_fen - due.paid_fen ELSE following.run_shape IS NOT NULL END
   {fits}

-- name: fund
WITH account AS MATERIALIZED (
    SELECT firm_id, balance_fen FROM loans_debitaccount
     WHERE firm_id IN (SELECT firm_id FROM loans_work)
     ORDER BY id
       FOR NO KEY UPDATE
), funded AS (
    SELECT loan_id, balance_fen >= sum(amount_fen) OVER (PARTITION BY firm_id ORDER BY loan_id) AS enough
      FROM loans_work
      JOIN account USING (firm_id)
     WHERE firm_id NOT IN (SELECT firm_id FROM loans_loan WHERE institution_id = %(institution)s AND overdue_since IS NOT NULL)
)
DELETE FROM loans_work AS work WHERE NOT EXISTS (SELECT FROM funded WHERE funded.loan_id = work.loan_id AND funded.enough)

-- name: products
SELECT DISTINCT branch_id, product_code FROM loans_work

-- name: events
INSERT INTO loans_event
       (id, institution_id, loan_id, number, type, date, known_on, amount_fen, detail, key, recorded_at, recorded_by)
SELECT event_id, %(institution)s, loan_id, event_number, 'repayment', %(day)s, %(day)s, amount_fen, '{{}}', key, now(), %(actor)s
  FROM loans_work

-- name: post
WITH moved AS (
    INSERT INTO books_transfer (id, entry_id, institution_id, posting_date, debit_account_id, credit_account_id, amount_fen, loan_id)
    SELECT nextval('books_transfer_id_seq'), work.entry_id, %(institution)s, %(day)s, part.debit, part.credit, part.amount_fen, work.loan_id
      FROM loans_work AS work
      JOIN loans_work_account AS account ON account.product_code = work.product_code AND account.branch_id IS NOT DISTINCT FROM work.branch_id
     CROSS JOIN LATERAL (VALUES
           (accrued_interest, interest_income, night_fen), (fee_receivable, fee_income, fee_fen),
           (interest_receivable, accrued_interest, interest_fen), (settlement, fee_receivable, fee_fen),
           (settlement, interest_receivable, interest_fen), (settlement, principal, principal_fen),
           (interest_income, output_tax, interest_tax_fen), (fee_income, output_tax, fee_tax_fen)) AS part(debit, credit, amount_fen)
     WHERE part.amount_fen > 0
    RETURNING entry_id, id, books_transfer_text(
        id, entry_id, institution_id, posting_date, debit_account_id, credit_account_id, amount_fen, loan_id) AS text
), together AS (
    SELECT entry_id, string_agg(text, E'\n' ORDER BY id) AS text FROM moved GROUP BY entry_id
), entered AS (
    INSERT INTO books_entry
           (id, institution_id, act, posting_date, effective_date, loan_id, event_id, reference, recorded_at, recorded_by, digest)
    SELECT entry_id, %(institution)s, 'repayment', %(day)s, %(day)s, loan_id, event_id, reference, now(), %(actor)s,
           parties_digest(books_entry_text(entry_id, %(institution)s, 'repayment', %(day)s, %(day)s, loan_id, event_id, reference, now(),
                                           %(actor)s) || E'\n' || together.text)
      FROM loans_work
      JOIN together USING (entry_id)
    RETURNING digest
)
SELECT parties_add_to_tally(%(institution)s, %(day)s, 'entry', count(*), sum(parties_digest_number(digest))) FROM entered HAVING count(*) > 0

-- name: instalments
UPDATE loans_instalment_{part} AS instalment
   SET paid_fen = instalment.principal_fen + instalment.interest_fen + instalment.fee_fen,
       run_shape = NULL, run_product = NULL, run_denominator = NULL
  FROM loans_work AS work
 WHERE instalment.loan_id = work.loan_id AND instalment.number = work.number AND instalment.loan_id BETWEEN %(first)s AND %(last)s

-- name: loans
UPDATE loans_loan_{part} AS loan
   SET state_date = %(day)s,
       status = CASE WHEN work.next_due IS NULL THEN 'closed' ELSE loan.status END,
       principal_repaid_fen = loan.principal_repaid_fen + work.principal_fen,
       interest_earned_fen = loan.interest_due_fen + work.interest_fen,
       interest_due_fen = loan.interest_due_fen + work.interest_fen,
       interest_paid_fen = loan.interest_paid_fen + work.interest_fen,
       fee_due_fen = loan.fee_due_fen + work.fee_fen,
       fee_paid_fen = loan.fee_paid_fen + work.fee_fen,
       interest_tax_fen = loan.interest_tax_fen + work.interest_tax_fen,
       fee_tax_fen = loan.fee_tax_fen + work.fee_tax_fen,
       run_shape = work.next_shape,
       run_offset = CASE WHEN work.next_shape IS NOT NULL THEN 0 END,
       run_product = work.next_product,
       run_denominator = work.next_denominator,
       next_number = CASE WHEN work.next_due IS NOT NULL THEN work.number + 1 END,
       next_action_date = work.next_due,
       event_count = work.event_number
  FROM loans_work AS work
 WHERE loan.id = work.loan_id AND loan.id BETWEEN %(first)s AND %(last)s

-- name: debit
UPDATE loans_debitaccount AS account SET balance_fen = account.balance_fen - taken.amount_fen
  FROM (SELECT firm_id, sum(amount_fen)::bigint AS amount_fen FROM loans_work GROUP BY firm_id) AS taken
 WHERE account.firm_id = taken.firm_id

-- name: exposures
UPDATE decisions_exposure AS exposure SET outstanding_fen = exposure.outstanding_fen - repaid.principal_fen, updated_at = now()
  FROM (SELECT decision_id, sum(principal_fen)::bigint AS principal_fen FROM loans_work WHERE principal_fen > 0 GROUP BY decision_id) AS repaid
 WHERE exposure.decision_id = repaid.decision_id

-- name: total
SELECT count(*), coalesce(sum(amount_fen), 0)::bigint FROM loans_work
