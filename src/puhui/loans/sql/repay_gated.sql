-- One repayment of exactly what falls due today on an ordinary loan, in one call: key and answer, event, entry with its transfers,
-- instalment, loan, exposure, audit record and outbox. What is not ordinary is refused with PH010 and leaves no trace: see
-- loans/repaying.py. Takes the place of the function of the same name in repay_once.sql.
--
-- Most of what a call costs is making its statements ready, so there are few: the key under the day's gate, the loan, what is due, its
-- accounts, and one that writes all the rest. Their plans are made once a session; with figures put in they would be made anew for each
-- loan. p_codes: the accounts of principal, settlement, accrued_interest, interest_income, interest_receivable, fee_receivable, fee_income,
-- output_tax. p_number and p_event_number: the loan's number, and what its next event is called, as the caller has read them. p_on: the day
-- of effect as it was asked for, if it was.

-- What command_log.Request says of a repayment: SHA-256 of its canonical JSON (RFC 8785).
CREATE FUNCTION loans_repay_digest(p_loan bigint, p_amount bigint, p_on date) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT encode(parties_digest('{"act":"repay","arguments":{"amount_fen":' || p_amount || ',"on":"' || to_char(p_on, 'YYYY-MM-DD')
                                 || '"},"target":["loan",' || p_loan || ']}'), 'hex')
$$;

DROP FUNCTION loans_repay_due;

CREATE FUNCTION loans_repay_due(
    p_institution bigint, p_day date, p_loan bigint, p_number text, p_event_number integer, p_amount bigint, p_key text, p_actor text,
    p_on date, p_codes text[], p_patience text
) RETURNS jsonb
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    entered boolean := pg_advisory_xact_lock_shared(20181, p_institution::integer) IS NULL;  -- the day's gate, as in parties_enter_day
    patience text := set_config('lock_timeout', p_patience, true);
    command bigint;
    loan record;
    due record;
    ids bigint[];
    event bigint := nextval('loans_event_id_seq');
    entry bigint := nextval('books_entry_id_seq');
    detail jsonb := jsonb_build_object('event', p_event_number, 'amount_fen', p_amount, 'date', p_day);
    answer jsonb := detail || jsonb_build_object('loan', p_loan, 'number', p_number, 'event', event, 'event_number', p_event_number);
BEGIN
    INSERT INTO loans_command (institution_id, key, act, target_kind, target_id, request, request_digest, business_date, maker, checker,
                               status, reason, answer, made_at, decided_at)
    SELECT p_institution, p_key, 'repay', 'loan', p_loan, jsonb_build_object('amount_fen', p_amount, 'on', p_on),
           loans_repay_digest(p_loan, p_amount, p_day), p_day, p_actor, '', 'done', '', answer, now(), now()
      FROM parties_institution AS institution
      LEFT JOIN parties_seal AS seal ON seal.institution_id = p_institution
     WHERE institution.id = p_institution AND institution.business_date = p_day AND (seal.date < p_day) IS NOT FALSE
        ON CONFLICT (institution_id, key) DO NOTHING
    RETURNING id INTO command;
    IF command IS NULL THEN
        RAISE EXCEPTION 'not the open day, or the key is known' USING ERRCODE = 'PH010';
    END IF;

    SELECT contract_id, branch_id, product_code, next_number, lent_fen - principal_repaid_fen AS owed_fen,
           interest_due_fen, interest_tax_fen, interest_tax_ppm, fee_due_fen, fee_tax_fen, fee_tax_ppm,
           run_shape, run_offset, run_product, run_denominator
      INTO loan
      FROM loans_loan
     WHERE id = p_loan AND institution_id = p_institution AND number = p_number AND event_count = p_event_number - 1
       AND next_action_date = p_day AND next_number IS NOT NULL AND state_date < p_day AND overdue_since IS NULL
       FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not an ordinary due' USING ERRCODE = 'PH010';
    END IF;
    -- A statement of its own, so that it sees what was committed while we waited for the loan.
    SELECT instalment.principal_fen - instalment.paid_fen AS principal_fen, instalment.interest_fen, instalment.fee_fen,
           instalment.interest_fen
               - loans_run(loan.run_offset, loan.run_product, loan.run_denominator, shape.units[p_day - shape.first]) AS night_fen,
           loans_tax_inside(loan.interest_due_fen + instalment.interest_fen, loan.interest_tax_ppm) - loan.interest_tax_fen
               AS interest_tax_fen,
           loans_tax_inside(loan.fee_due_fen + instalment.fee_fen, loan.fee_tax_ppm) - loan.fee_tax_fen AS fee_tax_fen,
           contract.decision_id, following.due AS next_due, following.run_shape, following.run_product, following.run_denominator
      INTO due
      FROM loans_instalment AS instalment
      JOIN loans_contract AS contract ON contract.id = loan.contract_id
      JOIN loans_nightshape AS shape ON shape.id = loan.run_shape
      LEFT JOIN loans_instalment AS following ON following.loan_id = p_loan AND following.number = loan.next_number + 1
     WHERE instalment.loan_id = p_loan AND instalment.number = loan.next_number AND instalment.due = p_day AND NOT contract.revolves
       AND p_amount = instalment.principal_fen - instalment.paid_fen + instalment.interest_fen + instalment.fee_fen
       AND CASE WHEN following.loan_id IS NULL THEN loan.owed_fen = instalment.principal_fen - instalment.paid_fen
                ELSE following.run_shape IS NOT NULL END;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not what is due' USING ERRCODE = 'PH010';
    END IF;

    -- Accounts of the loan's branch and product; those that nobody posted to yet are opened.
    FOR attempt IN 1..2 LOOP
        SELECT array_agg(opened.id ORDER BY array_position(p_codes, opened.code::text)) INTO ids
          FROM books_account AS opened
         WHERE opened.institution_id = p_institution AND opened.code = ANY (p_codes) AND opened.product_code = loan.product_code
           AND opened.branch_id = coalesce(loan.branch_id, books_head_branch(p_institution));
        EXIT WHEN cardinality(ids) = cardinality(p_codes);
        IF attempt = 2 THEN
            RAISE EXCEPTION 'accounts that are not open' USING ERRCODE = 'PH010';
        END IF;
        PERFORM books_accounts_for(p_institution, p_day, array_fill(loan.branch_id, ARRAY[cardinality(p_codes)]),
                                   array_fill(loan.product_code::text, ARRAY[cardinality(p_codes)]), p_codes);
    END LOOP;

    WITH moved AS (
        INSERT INTO books_transfer (id, entry_id, institution_id, posting_date, debit_account_id, credit_account_id, amount_fen, loan_id)
        SELECT nextval('books_transfer_id_seq'), entry, p_institution, p_day, ids[part.debit], ids[part.credit], part.fen, p_loan
          FROM (VALUES (3, 4, due.night_fen), (6, 7, due.fee_fen), (5, 3, due.interest_fen), (2, 6, due.fee_fen), (2, 5, due.interest_fen),
                       (2, 1, due.principal_fen), (4, 8, due.interest_tax_fen), (7, 8, due.fee_tax_fen)) AS part(debit, credit, fen)
         WHERE part.fen > 0
        RETURNING id, books_transfer_text(
            id, entry_id, institution_id, posting_date, debit_account_id, credit_account_id, amount_fen, loan_id) AS text
    ), entered AS (
        INSERT INTO books_entry
               (id, institution_id, act, posting_date, effective_date, loan_id, event_id, reference, recorded_at, recorded_by, digest)
        SELECT entry, p_institution, 'repayment', p_day, p_day, p_loan, event, p_number, now(), p_actor,
               parties_digest(books_entry_text(entry, p_institution, 'repayment', p_day, p_day, p_loan, event, p_number, now(), p_actor)
                              || E'\n' || string_agg(text, E'\n' ORDER BY id))
          FROM moved
        RETURNING digest
    ), happened AS (
        INSERT INTO loans_event
               (id, institution_id, loan_id, number, type, date, known_on, amount_fen, detail, key, recorded_at, recorded_by)
        VALUES (event, p_institution, p_loan, p_event_number, 'repayment', p_day, p_day, p_amount, '{}', p_key, now(), p_actor)
    ), paid AS (
        UPDATE loans_instalment AS instalment
           SET paid_fen = instalment.principal_fen + instalment.interest_fen + instalment.fee_fen,
               run_shape = NULL, run_product = NULL, run_denominator = NULL
         WHERE instalment.loan_id = p_loan AND instalment.number = loan.next_number
    ), held AS (
        UPDATE loans_loan AS held
           SET state_date = p_day,
               status = CASE WHEN due.next_due IS NULL THEN 'closed' ELSE held.status END,
               principal_repaid_fen = held.principal_repaid_fen + due.principal_fen,
               interest_earned_fen = held.interest_due_fen + due.interest_fen,
               interest_due_fen = held.interest_due_fen + due.interest_fen,
               interest_paid_fen = held.interest_paid_fen + due.interest_fen,
               fee_due_fen = held.fee_due_fen + due.fee_fen,
               fee_paid_fen = held.fee_paid_fen + due.fee_fen,
               interest_tax_fen = held.interest_tax_fen + due.interest_tax_fen,
               fee_tax_fen = held.fee_tax_fen + due.fee_tax_fen,
               run_shape = due.run_shape,
               run_offset = CASE WHEN due.run_shape IS NOT NULL THEN 0 END,
               run_product = due.run_product,
               run_denominator = due.run_denominator,
               next_number = CASE WHEN due.next_due IS NOT NULL THEN held.next_number + 1 END,
               next_action_date = due.next_due,
               event_count = p_event_number
         WHERE held.id = p_loan
    ), exposed AS (
        UPDATE decisions_exposure SET outstanding_fen = outstanding_fen - due.principal_fen, updated_at = now()
         WHERE decision_id = due.decision_id AND due.principal_fen > 0
    ), told AS (
        INSERT INTO loans_outbox (institution_id, transaction_number, topic, payload, recorded_at)
        VALUES (p_institution, pg_current_xact_id()::text::bigint, 'loan.repay',
                jsonb_build_object('act', 'repay', 'command', command, 'day', p_day) || answer, now())
    ), recorded AS (
        INSERT INTO parties_auditrecord
               (id, institution_id, business_date, recorded_at, actor, act, subject_kind, subject_id, detail, digest)
        SELECT id, p_institution, p_day, now(), p_actor, 'loan.repayment', 'loan', p_loan, detail,
               parties_digest(parties_audit_text(id, p_institution, p_day, now(), p_actor, 'loan.repayment', 'loan', p_loan::text, detail))
          FROM nextval('parties_auditrecord_id_seq') AS id
        RETURNING digest
    )
    INSERT INTO parties_tally AS tally (institution_id, date, kind, lane, row_count, digest_sum)
    SELECT p_institution, p_day, added.kind, pg_backend_pid(), 1, parties_digest_number(added.digest)
      FROM (SELECT 'entry' AS kind, digest FROM entered UNION ALL SELECT 'audit', digest FROM recorded) AS added
        ON CONFLICT (institution_id, date, kind, lane)
        DO UPDATE SET row_count = tally.row_count + excluded.row_count, digest_sum = tally.digest_sum + excluded.digest_sum;
    RETURN answer;
END $$;
