-- One repayment of exactly what falls due today on an ordinary loan, in one call: key, event, entry with its transfers, instalment, loan,
-- exposure, audit record, answer and outbox. What is not ordinary is refused with PH010 and leaves no trace: see loans/repaying.py.
-- p_codes: the accounts of principal, settlement, accrued_interest, interest_income, interest_receivable, fee_receivable, fee_income,
-- output_tax.
CREATE FUNCTION loans_repay_due(
    p_institution bigint, p_day date, p_loan bigint, p_amount bigint, p_key text, p_actor text, p_request jsonb, p_digest text,
    p_codes text[], p_patience text
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    gate record;
    loan record;
    account record;
    command bigint;
    event bigint;
    entry bigint := nextval('books_entry_id_seq');
    principal bigint;
    night bigint;
    tax bigint;
    fee_tax bigint;
    ids bigint[];
    transfer_text text;
    transfers bigint;
    entry_digest bytea;
    answer jsonb;
BEGIN
    SELECT * INTO gate FROM parties_enter_day(p_institution);
    IF gate.business_day <> p_day OR gate.sealed_through >= gate.business_day THEN
        RAISE EXCEPTION 'not the open day' USING ERRCODE = 'PH010';
    END IF;
    PERFORM set_config('lock_timeout', p_patience, true);
    INSERT INTO loans_command (institution_id, key, act, target_kind, target_id, request, request_digest, business_date, maker, checker,
                               status, reason, made_at, decided_at)
    VALUES (p_institution, p_key, 'repay', 'loan', p_loan, p_request, p_digest, p_day, p_actor, '', 'done', '', now(), now())
        ON CONFLICT (institution_id, key) DO NOTHING
    RETURNING id INTO command;
    IF command IS NULL THEN
        RAISE EXCEPTION 'the key is known' USING ERRCODE = 'PH010';
    END IF;

    SELECT held.* INTO loan FROM loans_loan AS held WHERE held.id = p_loan FOR NO KEY UPDATE;
    IF NOT FOUND OR loan.institution_id <> p_institution OR loan.next_action_date <> p_day OR loan.next_number IS NULL
       OR loan.state_date >= p_day OR loan.overdue_since IS NOT NULL THEN
        RAISE EXCEPTION 'not an ordinary due' USING ERRCODE = 'PH010';
    END IF;
    SELECT due.principal_fen, due.paid_fen, due.interest_fen, due.fee_fen, contract.decision_id, contract.revolves,
           shape.units[p_day - shape.first] AS units, following.loan_id IS NULL AS last, following.due AS next_due,
           following.run_shape AS next_shape, following.run_product AS next_product, following.run_denominator AS next_denominator
      INTO account
      FROM loans_instalment AS due
      JOIN loans_contract AS contract ON contract.id = loan.contract_id
      JOIN loans_nightshape AS shape ON shape.id = loan.run_shape
      LEFT JOIN loans_instalment AS following ON following.loan_id = p_loan AND following.number = loan.next_number + 1
     WHERE due.loan_id = p_loan AND due.number = loan.next_number AND due.due = p_day;
    principal := account.principal_fen - account.paid_fen;
    IF account IS NULL AND principal IS NULL OR account.revolves OR p_amount <> principal + account.interest_fen + account.fee_fen
       OR (account.last AND loan.lent_fen - loan.principal_repaid_fen <> principal)
       OR (NOT account.last AND account.next_shape IS NULL) THEN
        RAISE EXCEPTION 'not what is due' USING ERRCODE = 'PH010';
    END IF;
    night := account.interest_fen - loans_run(loan.run_offset, loan.run_product, loan.run_denominator, account.units);
    tax := loans_tax_inside(loan.interest_due_fen + account.interest_fen, loan.interest_tax_ppm) - loan.interest_tax_fen;
    fee_tax := loans_tax_inside(loan.fee_due_fen + account.fee_fen, loan.fee_tax_ppm) - loan.fee_tax_fen;

    INSERT INTO loans_event (institution_id, loan_id, number, type, date, known_on, amount_fen, detail, key, recorded_at, recorded_by)
    VALUES (p_institution, p_loan, loan.event_count + 1, 'repayment', p_day, p_day, p_amount, '{}', p_key, now(), p_actor)
    RETURNING id INTO event;

    -- Accounts of the loan's branch and product; those that nobody posted to yet are opened.
    FOR attempt IN 1..2 LOOP
        SELECT array_agg(opened.id ORDER BY given.place) INTO ids
          FROM unnest(p_codes) WITH ORDINALITY AS given(code, place)
          LEFT JOIN books_account AS opened
            ON opened.institution_id = p_institution AND opened.code = given.code AND opened.product_code = loan.product_code
           AND opened.branch_id = coalesce(loan.branch_id, books_head_branch(p_institution));
        EXIT WHEN array_position(ids, NULL) IS NULL;
        PERFORM books_accounts_for(p_institution, p_day, array_fill(loan.branch_id, ARRAY[cardinality(p_codes)]),
                                   array_fill(loan.product_code::text, ARRAY[cardinality(p_codes)]), p_codes);
    END LOOP;
    WITH moved AS (
        INSERT INTO books_transfer (id, entry_id, institution_id, posting_date, debit_account_id, credit_account_id, amount_fen, loan_id)
        SELECT nextval('books_transfer_id_seq'), entry, p_institution, p_day, ids[part.debit], ids[part.credit], part.fen, p_loan
          FROM (VALUES (3, 4, night), (6, 7, account.fee_fen), (5, 3, account.interest_fen), (2, 6, account.fee_fen),
                       (2, 5, account.interest_fen), (2, 1, principal), (4, 8, tax), (7, 8, fee_tax)) AS part(debit, credit, fen)
         WHERE part.fen > 0 AND ids[part.debit] IS NOT NULL AND ids[part.credit] IS NOT NULL
        RETURNING id, books_transfer_text(
            id, entry_id, institution_id, posting_date, debit_account_id, credit_account_id, amount_fen, loan_id) AS text
    )
    SELECT string_agg(text, E'\n' ORDER BY id), count(*) INTO transfer_text, transfers FROM moved;
    IF transfers <> (SELECT count(*) FROM unnest(ARRAY[night, account.fee_fen, account.interest_fen, account.fee_fen, account.interest_fen,
                                                       principal, tax, fee_tax]) AS part(fen) WHERE fen > 0) THEN
        RAISE EXCEPTION 'accounts that are not open yet' USING ERRCODE = 'PH010';
    END IF;
    entry_digest := parties_digest(books_entry_text(entry, p_institution, 'repayment', p_day, p_day, p_loan, event, loan.number, now(), p_actor)
                                   || E'\n' || transfer_text);
    INSERT INTO books_entry
           (id, institution_id, act, posting_date, effective_date, loan_id, event_id, reference, recorded_at, recorded_by, digest)
    VALUES (entry, p_institution, 'repayment', p_day, p_day, p_loan, event, loan.number, now(), p_actor, entry_digest);
    PERFORM parties_add_to_tally(p_institution, p_day, 'entry', 1, parties_digest_number(entry_digest));

    UPDATE loans_instalment AS instalment
       SET paid_fen = instalment.principal_fen + instalment.interest_fen + instalment.fee_fen,
           run_shape = NULL, run_product = NULL, run_denominator = NULL
     WHERE instalment.loan_id = p_loan AND instalment.number = loan.next_number;
    UPDATE loans_loan AS held
       SET state_date = p_day,
           status = CASE WHEN account.last THEN 'closed' ELSE held.status END,
           principal_repaid_fen = held.principal_repaid_fen + principal,
           interest_earned_fen = held.interest_due_fen + account.interest_fen,
           interest_due_fen = held.interest_due_fen + account.interest_fen,
           interest_paid_fen = held.interest_paid_fen + account.interest_fen,
           fee_due_fen = held.fee_due_fen + account.fee_fen,
           fee_paid_fen = held.fee_paid_fen + account.fee_fen,
           interest_tax_fen = held.interest_tax_fen + tax,
           fee_tax_fen = held.fee_tax_fen + fee_tax,
           run_shape = account.next_shape,
           run_offset = CASE WHEN account.next_shape IS NOT NULL THEN 0 END,
           run_product = account.next_product,
           run_denominator = account.next_denominator,
           next_number = CASE WHEN NOT account.last THEN held.next_number + 1 END,
           next_action_date = account.next_due,
           event_count = held.event_count + 1
     WHERE held.id = p_loan;
    IF principal > 0 THEN
        UPDATE decisions_exposure SET outstanding_fen = outstanding_fen - principal, updated_at = now() WHERE decision_id = account.decision_id;
    END IF;

    answer := jsonb_build_object('event', loan.event_count + 1, 'amount_fen', p_amount, 'date', p_day);
    PERFORM parties_record_audit(p_institution, p_actor, 'loan.repayment', 'loan', ARRAY[p_loan::text], ARRAY[answer::text]);
    answer := answer || jsonb_build_object('loan', p_loan, 'number', loan.number, 'event', event, 'event_number', loan.event_count + 1);
    UPDATE loans_command SET answer = answer_of.answer FROM (SELECT answer) AS answer_of WHERE loans_command.id = command;
    INSERT INTO loans_outbox (institution_id, transaction_number, topic, payload, recorded_at)
    VALUES (p_institution, pg_current_xact_id()::text::bigint, 'loan.repay',
            jsonb_build_object('act', 'repay', 'command', command, 'day', p_day) || answer, now());
    RETURN answer;
END $$;
