-- The books' rows as text, their posting, and what a day's rows come to.
--
-- Each `..._text` function names every column of its table but the digest itself; a row is written and proved with the same
-- function, so that the two cannot drift apart. ROW(...)::text quotes and escapes, so different columns never give the same text.

CREATE FUNCTION books_account_text(
    p_id bigint, p_institution bigint, p_code text, p_name text, p_name_english text, p_kind text, p_currency text, p_opened_on date
) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT ROW('account', p_id, p_institution, p_code, p_name, p_name_english, p_kind, p_currency, parties_day_number(p_opened_on))::text
$$;

CREATE FUNCTION books_entry_text(
    p_id bigint, p_institution bigint, p_act text, p_posting_date date, p_effective_date date, p_loan bigint, p_event bigint,
    p_reference text, p_recorded_at timestamptz, p_recorded_by text
) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT ROW('entry', p_id, p_institution, p_act, parties_day_number(p_posting_date), parties_day_number(p_effective_date), p_loan,
               p_event, p_reference, parties_microseconds(p_recorded_at), p_recorded_by)::text
$$;

CREATE FUNCTION books_transfer_text(
    p_id bigint, p_entry bigint, p_institution bigint, p_posting_date date, p_debit_account bigint, p_credit_account bigint,
    p_amount_fen bigint, p_loan bigint
) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT ROW('transfer', p_id, p_entry, p_institution, parties_day_number(p_posting_date), p_debit_account, p_credit_account,
               p_amount_fen, p_loan)::text
$$;

CREATE FUNCTION books_account_day_text(
    p_id bigint, p_institution bigint, p_account bigint, p_date date, p_debit_fen bigint, p_credit_fen bigint, p_balance_fen bigint
) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT ROW('account day', p_id, p_institution, p_account, parties_day_number(p_date), p_debit_fen, p_credit_fen, p_balance_fen)::text
$$;

CREATE FUNCTION books_closed_day_text(
    p_id bigint, p_institution bigint, p_date date, p_entry_count bigint, p_transfer_count bigint, p_audit_count bigint,
    p_total_fen bigint, p_entries_digest bytea, p_audit_digest bytea, p_accounts_digest bytea, p_totals_digest bytea,
    p_previous_digest bytea, p_closed_at timestamptz, p_closed_by text
) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT ROW('closed day', p_id, p_institution, parties_day_number(p_date), p_entry_count, p_transfer_count, p_audit_count, p_total_fen,
               encode(p_entries_digest, 'hex'), encode(p_audit_digest, 'hex'), encode(p_accounts_digest, 'hex'),
               encode(p_totals_digest, 'hex'), encode(p_previous_digest, 'hex'), parties_microseconds(p_closed_at), p_closed_by)::text
$$;

-- Posts entries with their transfers to the open day. Entry n is the n-th element of the first arrays; a transfer names its entry by
-- that number and its accounts by code. Refuses a closed day (PH001) and accounts that are not open, or that mix memo accounts with
-- accounts of the balance sheet (PH002).
CREATE FUNCTION books_post(
    p_institution bigint, p_recorded_by text,
    p_acts text[], p_effective_dates date[], p_loans bigint[], p_events bigint[], p_references text[],
    p_entry_numbers integer[], p_debit_codes text[], p_credit_codes text[], p_amounts bigint[], p_transfer_loans bigint[],
    OUT entry_ids bigint[], OUT posting_day date
)
LANGUAGE plpgsql AS $$
DECLARE
    gate record;
    posting_time timestamptz := clock_timestamp();
    account_ids jsonb;
    memo_codes text[];
    transfer_texts text[];
    posted_transfers bigint;
    digest_total numeric;
BEGIN
    SELECT * INTO gate FROM parties_enter_day(p_institution);
    IF gate.sealed_through >= gate.business_day THEN
        RAISE EXCEPTION 'The books of % are closed', gate.business_day USING ERRCODE = 'PH001';
    END IF;
    posting_day := gate.business_day;
    entry_ids := ARRAY(SELECT nextval('books_entry_id_seq') FROM generate_series(1, cardinality(p_acts)));

    SELECT jsonb_object_agg(account.code, account.id), coalesce(array_agg(account.code) FILTER (WHERE account.kind = 'memo'), '{}')
      INTO account_ids, memo_codes
      FROM books_account AS account
      JOIN parties_institution AS institution ON institution.id = account.institution_id AND institution.currency = account.currency
     WHERE account.institution_id = p_institution;

    -- Looked up and subscripted, not joined, so that one plan serves one entry and ten thousand.
    WITH draft AS MATERIALIZED (
        SELECT nextval('books_transfer_id_seq') AS id, given.*
          FROM unnest(p_entry_numbers, p_debit_codes, p_credit_codes, p_amounts, p_transfer_loans)
               AS given (entry_number, debit_code, credit_code, amount_fen, loan_id)
    ), moved AS (
        INSERT INTO books_transfer (id, entry_id, institution_id, posting_date, debit_account_id, credit_account_id, amount_fen, loan_id)
        SELECT draft.id, entry_ids[draft.entry_number], p_institution, posting_day, (account_ids ->> draft.debit_code)::bigint,
               (account_ids ->> draft.credit_code)::bigint, draft.amount_fen, draft.loan_id
          FROM draft
         WHERE account_ids ?& ARRAY[draft.debit_code, draft.credit_code]
           AND (draft.debit_code = ANY (memo_codes)) = (draft.credit_code = ANY (memo_codes))
        RETURNING entry_id, id, books_transfer_text(
            id, entry_id, institution_id, posting_date, debit_account_id, credit_account_id, amount_fen, loan_id) AS text
    ), together AS (
        SELECT moved.entry_id, string_agg(moved.text, E'\n' ORDER BY moved.id) AS text, count(*) AS transfers FROM moved GROUP BY moved.entry_id
    )
    SELECT array_agg(together.text ORDER BY together.entry_id), sum(together.transfers) INTO transfer_texts, posted_transfers FROM together;

    IF cardinality(transfer_texts) IS DISTINCT FROM cardinality(p_acts) OR posted_transfers IS DISTINCT FROM cardinality(p_amounts) THEN
        RAISE EXCEPTION 'Only % of % transfers, in % of % entries, name open accounts of one kind', coalesce(posted_transfers, 0),
            cardinality(p_amounts), coalesce(cardinality(transfer_texts), 0), cardinality(p_acts) USING ERRCODE = 'PH002';
    END IF;

    -- Ids ascend in the order of the drafts, so the texts are in it, too.
    WITH entered AS (
        INSERT INTO books_entry
               (id, institution_id, act, posting_date, effective_date, loan_id, event_id, reference, recorded_at, recorded_by, digest)
        SELECT given.id, p_institution, given.act, posting_day, given.effective_date, given.loan_id, given.event_id, given.reference,
               posting_time, p_recorded_by,
               parties_digest(books_entry_text(given.id, p_institution, given.act, posting_day, given.effective_date, given.loan_id,
                   given.event_id, given.reference, posting_time, p_recorded_by) || E'\n' || given.transfer_text)
          FROM unnest(entry_ids, p_acts, p_effective_dates, p_loans, p_events, p_references, transfer_texts)
               AS given (id, act, effective_date, loan_id, event_id, reference, transfer_text)
        RETURNING digest
    )
    SELECT sum(parties_digest_number(entered.digest)) INTO digest_total FROM entered;
    PERFORM parties_add_to_tally(p_institution, posting_day, 'entry', cardinality(p_acts), digest_total);
END $$;

-- Opens the accounts that are not open yet, on the open day.
CREATE FUNCTION books_open_accounts(
    p_institution bigint, p_codes text[], p_names text[], p_names_english text[], p_kinds text[]
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    gate record;
    opened_count bigint;
    digest_total numeric;
BEGIN
    SELECT * INTO gate FROM parties_enter_day(p_institution);
    IF gate.sealed_through >= gate.business_day THEN
        RAISE EXCEPTION 'The books of % are closed', gate.business_day USING ERRCODE = 'PH001';
    END IF;
    WITH wanted AS MATERIALIZED (
        SELECT nextval('books_account_id_seq') AS id, given.*, institution.currency
          FROM unnest(p_codes, p_names, p_names_english, p_kinds) AS given (code, name, name_english, kind)
          JOIN parties_institution AS institution ON institution.id = p_institution
         WHERE NOT EXISTS (SELECT FROM books_account AS opened
                            WHERE opened.institution_id = p_institution AND opened.code = given.code AND opened.currency = institution.currency)
    ), opened AS (
        INSERT INTO books_account (id, institution_id, code, name, name_english, kind, currency, opened_on, digest)
        SELECT id, p_institution, code, name, name_english, kind, currency, gate.business_day,
               parties_digest(books_account_text(id, p_institution, code, name, name_english, kind, currency, gate.business_day))
          FROM wanted
        RETURNING digest
    )
    SELECT count(*), sum(parties_digest_number(opened.digest)) INTO opened_count, digest_total FROM opened;
    IF opened_count > 0 THEN
        PERFORM parties_add_to_tally(p_institution, gate.business_day, 'account', opened_count, digest_total);
    END IF;
    RETURN opened_count;
END $$;

-- What the rows dated after one day, up to and including another, come to: counts, total and digests. Closing a day writes this down;
-- the proof computes it again. Digests go in blocks of 10,000 rows, so that no text grows with the day.
CREATE FUNCTION books_day_seal(
    p_institution bigint, p_after date, p_date date,
    OUT entry_count bigint, OUT transfer_count bigint, OUT audit_count bigint, OUT total_fen bigint,
    OUT entries_digest bytea, OUT audit_digest bytea, OUT accounts_digest bytea, OUT totals_digest bytea
)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    first_date date := coalesce(p_after + 1, '-infinity');
BEGIN
    WITH sealed AS (
        SELECT digest, id, (row_number() OVER (ORDER BY id) - 1) / 10000 AS block FROM books_entry
         WHERE institution_id = p_institution AND posting_date BETWEEN first_date AND p_date
    ), blocks AS (
        SELECT block, count(*) AS row_count, sha256(string_agg(digest, ''::bytea ORDER BY id)) AS digest FROM sealed GROUP BY block
    )
    SELECT coalesce(sum(row_count), 0), sha256(coalesce(string_agg(digest, ''::bytea ORDER BY block), ''::bytea))
      INTO entry_count, entries_digest FROM blocks;

    WITH sealed AS (
        SELECT digest, id, (row_number() OVER (ORDER BY id) - 1) / 10000 AS block FROM parties_auditrecord
         WHERE institution_id = p_institution AND business_date BETWEEN first_date AND p_date
    ), blocks AS (
        SELECT block, count(*) AS row_count, sha256(string_agg(digest, ''::bytea ORDER BY id)) AS digest FROM sealed GROUP BY block
    )
    SELECT coalesce(sum(row_count), 0), sha256(coalesce(string_agg(digest, ''::bytea ORDER BY block), ''::bytea))
      INTO audit_count, audit_digest FROM blocks;

    SELECT count(*), coalesce(sum(amount_fen), 0) INTO transfer_count, total_fen FROM books_transfer
     WHERE institution_id = p_institution AND posting_date BETWEEN first_date AND p_date;

    SELECT sha256(coalesce(string_agg(digest, ''::bytea ORDER BY id), ''::bytea)) INTO accounts_digest FROM books_account
     WHERE institution_id = p_institution AND opened_on <= p_date;

    SELECT parties_digest(coalesce(string_agg(
               books_account_day_text(id, institution_id, account_id, date, debit_fen, credit_fen, balance_fen), E'\n' ORDER BY id), ''))
      INTO totals_digest FROM books_accountday
     WHERE institution_id = p_institution AND date = p_date;
END $$;

-- Where the rows of days after one, up to and including another (null: all), are not those that were counted when they were added.
CREATE FUNCTION books_tally_differences(p_institution bigint, p_after date, p_until date)
RETURNS TABLE (day date, kind text, counted bigint, found bigint)
LANGUAGE sql STABLE AS $$
    WITH span AS (
        SELECT coalesce(p_after + 1, '-infinity') AS since, coalesce(p_until, 'infinity') AS until
    ), counted AS (
        SELECT date AS day, kind::text AS kind, sum(row_count)::bigint AS row_count, sum(digest_sum) AS digest_sum
          FROM parties_tally, span
         WHERE institution_id = p_institution AND date BETWEEN since AND until
         GROUP BY 1, 2
    ), present AS (
        SELECT posting_date AS day, 'entry' AS kind, count(*) AS row_count, sum(parties_digest_number(digest)) AS digest_sum
          FROM books_entry, span WHERE institution_id = p_institution AND posting_date BETWEEN since AND until GROUP BY 1
         UNION ALL
        SELECT opened_on, 'account', count(*), sum(parties_digest_number(digest))
          FROM books_account, span WHERE institution_id = p_institution AND opened_on BETWEEN since AND until GROUP BY 1
         UNION ALL
        SELECT business_date, 'audit', count(*), sum(parties_digest_number(digest))
          FROM parties_auditrecord, span WHERE institution_id = p_institution AND business_date BETWEEN since AND until GROUP BY 1
    )
    SELECT day, kind, coalesce(counted.row_count, 0), coalesce(present.row_count, 0)
      FROM counted FULL JOIN present USING (day, kind)
     WHERE counted.row_count IS DISTINCT FROM present.row_count OR counted.digest_sum IS DISTINCT FROM present.digest_sum
     ORDER BY 1, 2
$$;
