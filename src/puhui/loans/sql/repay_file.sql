-- Repayments from a file, a statement a table: see loans/repayment_file.py. {part} is the number of a partition.

-- name: lines
CREATE TEMPORARY TABLE loans_given_line (line bigint GENERATED ALWAYS AS IDENTITY (START 2), key text, number text, amount text)

-- name: faults
SELECT line, 'key', coalesce(key, ''), '1 to 110 characters' FROM loans_given_line
 WHERE key IS NULL OR length(btrim(key)) NOT BETWEEN 1 AND 110 OR length(key) > 110
 UNION ALL
SELECT line, 'key', key || ', which stands in another line as well', 'a key of its own'
  FROM (SELECT line, key, row_number() OVER (PARTITION BY key ORDER BY line) AS place FROM loans_given_line) AS given WHERE place > 1
 UNION ALL
SELECT line, 'number', coalesce(number, ''), 'the number of a loan' FROM loans_given_line WHERE coalesce(btrim(number), '') = ''
 UNION ALL
SELECT line, 'amount', coalesce(amount, ''), 'yuan above 0 with at most two decimals, such as 1234.50' FROM loans_given_line
 WHERE CASE WHEN amount ~ '^[0-9]{1,13}([.][0-9]{1,2})?$' THEN amount::numeric = 0 ELSE true END
 ORDER BY 1, 2
 LIMIT 50

-- name: given
CREATE TEMPORARY TABLE loans_given AS
SELECT line.line, line.key, line.number, (line.amount::numeric * 100)::bigint AS amount_fen, loan.id AS loan_id,
       substring(loan.tableoid::regclass::text FROM '[0-9]+$')::int AS part,
       CASE WHEN loan.id IS NULL THEN 'unknown'
            WHEN earlier.status = 'done' AND earlier.request_digest
                 = loans_repay_digest(loan.id, (line.amount::numeric * 100)::bigint, earlier.business_date) THEN 'known'
            WHEN earlier.id IS NULL AND loan.next_action_date = %(day)s AND loan.next_number IS NOT NULL AND loan.state_date < %(day)s
                 AND loan.overdue_since IS NULL AND due.due = %(day)s
                 AND line.amount::numeric * 100 = due.principal_fen - due.paid_fen + due.interest_fen + due.fee_fen THEN 'due'
            ELSE 'other' END AS kind
  FROM loans_given_line AS line
  LEFT JOIN loans_loannumber AS register ON register.institution_id = %(institution)s AND register.number = btrim(line.number)
  LEFT JOIN loans_loan AS loan ON loan.id = register.loan_id
  LEFT JOIN loans_instalment AS due ON due.loan_id = loan.id AND due.number = loan.next_number
  LEFT JOIN loans_command AS earlier ON earlier.institution_id = %(institution)s AND earlier.key = line.key

-- name: given_index
CREATE INDEX ON loans_given (part, loan_id) WHERE kind = 'due'

-- name: chunks
SELECT part, min(loan_id), max(loan_id)
  FROM (SELECT part, loan_id, (dense_rank() OVER (PARTITION BY part ORDER BY loan_id) - 1) / %(chunk)s AS chunk
          FROM loans_given WHERE kind = 'due') AS given
 GROUP BY part, chunk
 ORDER BY chunk, part

-- name: send
COPY (SELECT line, key, loan_id, amount_fen FROM loans_given
       WHERE kind = 'due' AND part = {part} AND loan_id BETWEEN %(first)s AND %(last)s) TO STDOUT (FORMAT binary)

-- name: chunk
CREATE TEMPORARY TABLE IF NOT EXISTS loans_chunk (line bigint, key text, loan_id bigint, amount_fen bigint) ON COMMIT DELETE ROWS

-- name: take
COPY loans_chunk FROM STDIN (FORMAT binary)

-- name: asked
CREATE TEMPORARY TABLE IF NOT EXISTS loans_asked (
    loan_id bigint PRIMARY KEY, command_id bigint, key text, amount_fen bigint, event_number integer, event_id bigint, answer jsonb
) ON COMMIT DELETE ROWS

-- name: keys
WITH chosen AS MATERIALIZED (
    SELECT DISTINCT ON (given.loan_id) given.loan_id, given.key, given.amount_fen, loan.number, loan.event_count + 1 AS event_number
      FROM loans_chunk AS given
      JOIN loans_loan_{part} AS loan ON loan.id = given.loan_id
     ORDER BY given.loan_id, given.line
), numbered AS MATERIALIZED (
    SELECT chosen.*, nextval('loans_event_id_seq') AS event_id FROM chosen
), begun AS (
    INSERT INTO loans_command (institution_id, key, act, target_kind, target_id, request, request_digest, business_date, maker, checker,
                               status, reason, answer, made_at, decided_at)
    SELECT %(institution)s, key, 'repay', 'loan', loan_id, jsonb_build_object('amount_fen', amount_fen, 'on', NULL),
           loans_repay_digest(loan_id, amount_fen, %(day)s), %(day)s, %(actor)s, '', 'done', '',
           jsonb_build_object('event', event_id, 'amount_fen', amount_fen, 'date', %(day)s::date, 'loan', loan_id, 'number', number,
                              'event_number', event_number),
           now(), now()
      FROM numbered
     ORDER BY key
        ON CONFLICT (institution_id, key) DO NOTHING
    RETURNING id, key, target_id, answer
)
INSERT INTO loans_asked (loan_id, command_id, key, amount_fen, event_number, event_id, answer)
SELECT loan_id, begun.id, begun.key, amount_fen, event_number, event_id, begun.answer
  FROM begun
  JOIN numbered ON numbered.loan_id = begun.target_id

-- name: lock
SELECT count(*) FROM (
    SELECT FROM loans_loan_{part} WHERE id IN (SELECT loan_id FROM loans_asked) AND id BETWEEN %(first)s AND %(last)s
     ORDER BY id FOR NO KEY UPDATE) AS loan

-- name: list
INSERT INTO loans_work
SELECT loan.id, loan.firm_id, contract.decision_id, loan.branch_id, loan.product_code, loan.number, loan.next_number, asked.event_number,
       asked.key, asked.event_id, nextval('books_entry_id_seq'),
       asked.amount_fen, due.principal_fen - due.paid_fen, due.interest_fen, due.fee_fen,
       due.interest_fen - loans_run(loan.run_offset, loan.run_product, loan.run_denominator, shape.units[%(day)s::date - shape.first]),
       loans_tax_inside(loan.interest_due_fen + due.interest_fen, loan.interest_tax_ppm) - loan.interest_tax_fen,
       loans_tax_inside(loan.fee_due_fen + due.fee_fen, loan.fee_tax_ppm) - loan.fee_tax_fen,
       following.due, following.run_shape, following.run_product, following.run_denominator
  FROM loans_asked AS asked
  JOIN loans_loan_{part} AS loan ON loan.id = asked.loan_id
  JOIN loans_instalment_{part} AS due ON due.loan_id = loan.id AND due.number = loan.next_number
  JOIN loans_nightshape AS shape ON shape.id = loan.run_shape
  JOIN loans_contract AS contract ON contract.id = loan.contract_id
  LEFT JOIN loans_instalment_{part} AS following ON following.loan_id = loan.id AND following.number = loan.next_number + 1
 WHERE loan.institution_id = %(institution)s AND loan.next_action_date = %(day)s AND loan.state_date < %(day)s
   AND loan.overdue_since IS NULL AND loan.event_count = asked.event_number - 1 AND due.due = %(day)s AND NOT contract.revolves
   AND asked.amount_fen = due.principal_fen - due.paid_fen + due.interest_fen + due.fee_fen
   AND CASE WHEN following.loan_id IS NULL THEN loan.lent_fen - loan.principal_repaid_fen = due.principal_fen - due.paid_fen
            ELSE following.run_shape IS NOT NULL END

-- name: unused
DELETE FROM loans_command AS command USING loans_asked AS asked
 WHERE command.id = asked.command_id AND NOT EXISTS (SELECT FROM loans_work AS work WHERE work.loan_id = asked.loan_id)

-- name: audit
SELECT parties_record_audit(
           %(institution)s, %(actor)s, 'loan.repayment', 'loan', array_agg(loan_id::text ORDER BY loan_id),
           array_agg(jsonb_build_object('event', event_number, 'amount_fen', amount_fen, 'date', %(day)s::date)::text ORDER BY loan_id))
  FROM loans_work
HAVING count(*) > 0

-- name: tell
INSERT INTO loans_outbox (institution_id, transaction_number, topic, payload, recorded_at)
SELECT %(institution)s, pg_current_xact_id()::text::bigint, 'loan.repay',
       jsonb_build_object('act', 'repay', 'command', command_id, 'day', %(day)s::date) || answer, now()
  FROM loans_asked
  JOIN loans_work USING (loan_id)
 ORDER BY loan_id

-- name: undone
SELECT line FROM loans_chunk AS given
 WHERE NOT EXISTS (SELECT FROM loans_work AS work WHERE work.loan_id = given.loan_id AND work.key = given.key)

-- name: left
SELECT line, key, number, amount_fen, loan_id FROM loans_given
 WHERE (kind IN ('other', 'unknown') OR line = ANY (%(undone)s)) AND line > %(after)s
 ORDER BY line LIMIT 1000

-- name: known
SELECT count(*) FROM loans_given WHERE kind = 'known'
