-- Accounts by branch and product: their text, their opening, and posting to them. Takes the place of the functions of the same names in
-- functions.sql.

DROP FUNCTION books_account_text;

-- Rows of version 1 were digested before there were branches and products; they stand at the head office, without a product.
CREATE FUNCTION books_account_text(
    p_id bigint, p_institution bigint, p_code text, p_name text, p_name_english text, p_kind text, p_currency text, p_opened_on date,
    p_branch bigint, p_product text, p_version integer
) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE p_version
           WHEN 1 THEN ROW('account', p_id, p_institution, p_code, p_name, p_name_english, p_kind, p_currency,
                           parties_day_number(p_opened_on))::text
           ELSE ROW('account', p_version, p_id, p_institution, p_code, p_name, p_name_english, p_kind, p_currency,
                    parties_day_number(p_opened_on), p_branch, p_product)::text
           END
$$;

CREATE FUNCTION books_head_branch(p_institution bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$ SELECT id FROM parties_branch WHERE institution_id = p_institution AND parent_id IS NULL $$;

-- Writes accounts that are not there yet and tells how many it wrote. Two sessions that open the same account wait for each other.
CREATE FUNCTION books_add_accounts(
    p_institution bigint, p_day date, p_branches bigint[], p_products text[], p_codes text[], p_names text[], p_names_english text[],
    p_kinds text[]
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    opened_count bigint;
    digest_total numeric;
BEGIN
    WITH wanted AS MATERIALIZED (
        SELECT nextval('books_account_id_seq') AS id, given.*, institution.currency
          FROM (SELECT DISTINCT * FROM unnest(p_branches, p_products, p_codes, p_names, p_names_english, p_kinds)
                       AS given (branch_id, product_code, code, name, name_english, kind)
                 ORDER BY code, branch_id, product_code) AS given
          JOIN parties_institution AS institution ON institution.id = p_institution
         WHERE NOT EXISTS (SELECT FROM books_account AS opened
                            WHERE opened.institution_id = p_institution AND opened.code = given.code
                              AND opened.branch_id = given.branch_id AND opened.product_code = given.product_code
                              AND opened.currency = institution.currency)
    ), opened AS (
        INSERT INTO books_account
               (id, institution_id, branch_id, product_code, code, name, name_english, kind, currency, opened_on, version, digest)
        SELECT id, p_institution, branch_id, product_code, code, name, name_english, kind, currency, p_day, 2,
               parties_digest(books_account_text(id, p_institution, code, name, name_english, kind, currency, p_day, branch_id,
                                                 product_code, 2))
          FROM wanted
            ON CONFLICT DO NOTHING
        RETURNING digest
    )
    SELECT count(*), sum(parties_digest_number(opened.digest)) INTO opened_count, digest_total FROM opened;
    IF opened_count > 0 THEN
        PERFORM parties_add_to_tally(p_institution, p_day, 'account', opened_count, digest_total);
    END IF;
    RETURN opened_count;
END $$;

-- Opens the accounts of the chart that are not open yet, at the head office, on the open day.
CREATE OR REPLACE FUNCTION books_open_accounts(
    p_institution bigint, p_codes text[], p_names text[], p_names_english text[], p_kinds text[]
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    gate record;
    head bigint := books_head_branch(p_institution);
BEGIN
    SELECT * INTO gate FROM parties_enter_day(p_institution);
    IF gate.sealed_through >= gate.business_day THEN
        RAISE EXCEPTION 'The books of % are closed', gate.business_day USING ERRCODE = 'PH001';
    END IF;
    RETURN books_add_accounts(p_institution, gate.business_day, array_fill(head, ARRAY[cardinality(p_codes)]),
                              array_fill(''::text, ARRAY[cardinality(p_codes)]), p_codes, p_names, p_names_english, p_kinds);
END $$;

-- The accounts of (branch, product, code), as `branch/product/code` → id, and those of them that are memo accounts. A code that is
-- open at the head office is opened at any branch of the institution, for any product, when it is first posted to.
CREATE FUNCTION books_accounts_for(
    p_institution bigint, p_day date, p_branches bigint[], p_products text[], p_codes text[], OUT account_ids jsonb, OUT memo_keys text[]
)
LANGUAGE plpgsql AS $$
DECLARE
    head bigint := books_head_branch(p_institution);
    wanted bigint;
    tried boolean := false;
BEGIN
    LOOP
        WITH needed AS MATERIALIZED (
            SELECT DISTINCT given.branch_id, given.product_code, given.code
              FROM unnest(p_branches, p_products, p_codes) AS given (branch_id, product_code, code)
        ), found AS (
            SELECT coalesce(needed.branch_id::text, '') || '/' || coalesce(needed.product_code, '') || '/' || needed.code AS key, account.id, account.kind
              FROM needed
              LEFT JOIN LATERAL (
                   SELECT account.id, account.kind
                     FROM books_account AS account
                    WHERE account.institution_id = p_institution AND account.code = needed.code
                      AND account.branch_id = coalesce(needed.branch_id, head) AND account.product_code = coalesce(needed.product_code, '')
                      AND account.currency = (SELECT currency FROM parties_institution WHERE id = p_institution)) AS account ON true
        )
        SELECT jsonb_object_agg(key, id) FILTER (WHERE id IS NOT NULL), coalesce(array_agg(key) FILTER (WHERE kind = 'memo'), '{}'),
               count(*) FILTER (WHERE id IS NULL)
          INTO account_ids, memo_keys, wanted
          FROM found;
        EXIT WHEN wanted = 0 OR tried;
        tried := true;
        PERFORM books_add_accounts(p_institution, p_day, array_agg(branch.id), array_agg(coalesce(needed.product_code, '')),
                                   array_agg(pattern.code), array_agg(pattern.name), array_agg(pattern.name_english), array_agg(pattern.kind))
           FROM (SELECT DISTINCT * FROM unnest(p_branches, p_products, p_codes) AS given (branch_id, product_code, code)) AS needed
           JOIN parties_branch AS branch ON branch.id = coalesce(needed.branch_id, head) AND branch.institution_id = p_institution
           JOIN books_account AS pattern
             ON pattern.institution_id = p_institution AND pattern.branch_id = head AND pattern.product_code = ''
            AND pattern.code = needed.code
          HAVING count(*) > 0;
    END LOOP;
END $$;

DROP FUNCTION books_post;

-- Posts entries with their transfers to the open day. Entry n is the n-th element of the first arrays; a transfer names its entry by
-- that number, its accounts by code, and the branch and product that both accounts are of (null: the head office, no product).
-- Refuses a closed day (PH001) and accounts that are not open, or that mix memo accounts with accounts of the balance sheet (PH002).
CREATE FUNCTION books_post(
    p_institution bigint, p_recorded_by text,
    p_acts text[], p_effective_dates date[], p_loans bigint[], p_events bigint[], p_references text[],
    p_entry_numbers integer[], p_debit_codes text[], p_credit_codes text[], p_amounts bigint[], p_transfer_loans bigint[],
    p_branches bigint[] DEFAULT NULL, p_products text[] DEFAULT NULL,
    OUT entry_ids bigint[], OUT posting_day date
)
LANGUAGE plpgsql AS $$
DECLARE
    gate record;
    posting_time timestamptz := clock_timestamp();
    account_ids jsonb;
    memo_keys text[];
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
    SELECT * INTO account_ids, memo_keys
      FROM books_accounts_for(p_institution, posting_day, p_branches || p_branches, p_products || p_products,
                              p_debit_codes || p_credit_codes);

    -- Looked up and subscripted, not joined, so that one plan serves one entry and ten thousand.
    WITH draft AS MATERIALIZED (
        SELECT nextval('books_transfer_id_seq') AS id, given.entry_number, given.amount_fen, given.loan_id,
               coalesce(given.branch_id::text, '') || '/' || coalesce(given.product_code, '') || '/' || given.debit_code AS debit_key,
               coalesce(given.branch_id::text, '') || '/' || coalesce(given.product_code, '') || '/' || given.credit_code AS credit_key
          FROM unnest(p_entry_numbers, p_debit_codes, p_credit_codes, p_amounts, p_transfer_loans, p_branches, p_products)
               AS given (entry_number, debit_code, credit_code, amount_fen, loan_id, branch_id, product_code)
    ), moved AS (
        INSERT INTO books_transfer (id, entry_id, institution_id, posting_date, debit_account_id, credit_account_id, amount_fen, loan_id)
        SELECT draft.id, entry_ids[draft.entry_number], p_institution, posting_day, (account_ids ->> draft.debit_key)::bigint,
               (account_ids ->> draft.credit_key)::bigint, draft.amount_fen, draft.loan_id
          FROM draft
         WHERE account_ids ?& ARRAY[draft.debit_key, draft.credit_key]
           AND (draft.debit_key = ANY (memo_keys)) = (draft.credit_key = ANY (memo_keys))
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
