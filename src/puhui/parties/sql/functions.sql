-- The day's gate, the audit trail and the tally.
--
-- Every act that is dated to a business day holds the day's gate (a shared advisory lock of its institution) until its transaction
-- ends. Whoever moves the day on takes the gate for itself: it waits for the acts under way, and acts that come later see the next day.

CREATE FUNCTION parties_enter_day(p_institution bigint, OUT business_day date, OUT sealed_through date)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(20181, p_institution::integer);
    -- A statement of its own, so that it sees what was committed while we waited for the gate.
    SELECT institution.business_date, seal.date INTO business_day, sealed_through
      FROM parties_institution AS institution
      LEFT JOIN parties_seal AS seal ON seal.institution_id = institution.id
     WHERE institution.id = p_institution;
END $$;

CREATE FUNCTION parties_hold_day(p_institution bigint) RETURNS void
LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(20181, p_institution::integer) $$;

-- One closing at a time; it needs the gate only where it closes the open day itself.
CREATE FUNCTION parties_begin_closing(p_institution bigint) RETURNS void
LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(20182, p_institution::integer) $$;

-- Digests are of text that is the same under every setting of a session: dates as days, times as microseconds, bytes as hex.
CREATE FUNCTION parties_digest(p_text text) RETURNS bytea
LANGUAGE sql STABLE AS $$ SELECT sha256(convert_to(p_text, 'UTF8')) $$;

CREATE FUNCTION parties_day_number(p_date date) RETURNS integer
LANGUAGE sql STABLE AS $$ SELECT p_date - DATE '2000-01-01' $$;

CREATE FUNCTION parties_microseconds(p_time timestamptz) RETURNS bigint
LANGUAGE sql STABLE AS $$ SELECT (extract(epoch FROM p_time) * 1000000)::bigint $$;

CREATE FUNCTION parties_digest_number(p_digest bytea) RETURNS bigint
LANGUAGE sql STABLE AS $$ SELECT ('x' || encode(substr(p_digest, 1, 8), 'hex'))::bit(64)::bigint $$;

-- The text of an audit record: every column but the digest. Written and proved with this one function.
CREATE FUNCTION parties_audit_text(
    p_id bigint, p_institution bigint, p_business_date date, p_recorded_at timestamptz, p_actor text, p_act text,
    p_subject_kind text, p_subject_id text, p_detail jsonb
) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT ROW('audit', p_id, p_institution, parties_day_number(p_business_date), parties_microseconds(p_recorded_at), p_actor, p_act,
               p_subject_kind, p_subject_id, p_detail::text)::text
$$;

CREATE FUNCTION parties_add_to_tally(p_institution bigint, p_date date, p_kind text, p_rows bigint, p_digest_sum numeric) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO parties_tally AS tally (institution_id, date, kind, lane, row_count, digest_sum)
    VALUES (p_institution, p_date, p_kind, pg_backend_pid(), p_rows, p_digest_sum)
    ON CONFLICT (institution_id, date, kind, lane)
    DO UPDATE SET row_count = tally.row_count + excluded.row_count, digest_sum = tally.digest_sum + excluded.digest_sum
$$;

-- One act on one or many subjects. A day that is closed takes no more records: they belong to the day after it.
CREATE FUNCTION parties_record_audit(
    p_institution bigint, p_actor text, p_act text, p_subject_kind text, p_subject_ids text[], p_details text[]
) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
    gate record;
    act_date date;
    act_time timestamptz := clock_timestamp();
    record_ids bigint[];
    total numeric;
BEGIN
    SELECT * INTO gate FROM parties_enter_day(p_institution);
    act_date := greatest(gate.business_day, gate.sealed_through + 1);
    WITH draft AS MATERIALIZED (
        SELECT nextval('parties_auditrecord_id_seq') AS id, given.subject_id, given.detail::jsonb AS detail
          FROM unnest(p_subject_ids, p_details) AS given (subject_id, detail)
    ), added AS (
        INSERT INTO parties_auditrecord
               (id, institution_id, business_date, recorded_at, actor, act, subject_kind, subject_id, detail, digest)
        SELECT draft.id, p_institution, act_date, act_time, p_actor, p_act, p_subject_kind, draft.subject_id, draft.detail,
               parties_digest(parties_audit_text(draft.id, p_institution, act_date, act_time, p_actor, p_act, p_subject_kind,
                                                 draft.subject_id, draft.detail))
          FROM draft
        RETURNING id, digest
    )
    SELECT array_agg(added.id ORDER BY added.id), sum(parties_digest_number(added.digest)) INTO record_ids, total FROM added;
    IF record_ids IS NOT NULL THEN
        PERFORM parties_add_to_tally(p_institution, act_date, 'audit', cardinality(record_ids), total);
    END IF;
    RETURN record_ids;
END $$;
