-- Pending transfers as text, for their digests.

CREATE FUNCTION books_pending_text(
    p_id bigint, p_institution bigint, p_key text, p_entry bigint, p_debit_code text, p_credit_code text, p_amount_fen bigint,
    p_branch bigint, p_product text, p_loan bigint, p_reference text
) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT ROW('pending', p_id, p_institution, p_key, p_entry, p_debit_code, p_credit_code, p_amount_fen, p_branch, p_product, p_loan,
               p_reference)::text
$$;

CREATE FUNCTION books_pending_end_text(
    p_id bigint, p_institution bigint, p_pending bigint, p_entry bigint, p_posted_fen bigint, p_reason text
) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT ROW('pending end', p_id, p_institution, p_pending, p_entry, p_posted_fen, p_reason)::text $$;
