-- As deletion.sql, with the documents that were read from PDF or scan: the file, what was read, and what a person made of it go as well.
--
-- The one way in which evidence leaves an append-only table. It runs as the owner of the tables, so the application's role needs no right
-- to delete, and writes the proof before anything goes. Refused while any consent of the firm covers the class on the open business day.
--
-- The digest is over the content keys of all rows, sorted, so that whoever still holds the files can show that these rows were meant. A
-- series has no content keys: each month of it stands for its days and values.
CREATE OR REPLACE FUNCTION evidence_delete(
    p_institution bigint, p_firm bigint, p_class text, p_consent bigint, p_ended_on date, p_reason text, p_actor text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    today date;
    batches bigint[];
    found_counts jsonb;
    found_digest text;
    deletion bigint;
BEGIN
    SELECT business_date INTO today FROM parties_institution WHERE id = p_institution;
    IF EXISTS (SELECT FROM parties_consent AS consent
                WHERE consent.firm_id = p_firm AND consent.institution_id = p_institution AND p_class = ANY (consent.classes)
                  AND consent.expires_on > today
                  AND (consent.withdrawn_at IS NULL OR (consent.withdrawn_at AT TIME ZONE 'Asia/Shanghai')::date > today)) THEN
        RAISE EXCEPTION 'A consent of firm % still covers class %', p_firm, p_class USING ERRCODE = 'PH004';
    END IF;
    PERFORM pg_advisory_xact_lock(4403255, p_institution::integer);  -- no import meanwhile (storing.IMPORT_LOCK)

    SELECT coalesce(array_agg(batch.id), '{}') INTO batches
      FROM evidence_batchfirm AS brought JOIN evidence_batch AS batch ON batch.id = brought.batch_id
     WHERE brought.firm_id = p_firm AND batch.institution_id = p_institution AND batch.evidence_class = p_class;

    WITH rows AS (
        SELECT 'invoice' AS record, content_key::text || occurrence AS key FROM evidence_invoice
         WHERE firm_id = p_firm AND batch_id = ANY (batches)
         UNION ALL
        SELECT record, content_key::text || occurrence FROM evidence_record WHERE firm_id = p_firm AND batch_id = ANY (batches)
         UNION ALL
        SELECT record, series_key::text || month || days::text || "values"::text FROM evidence_seriesmonth
         WHERE firm_id = p_firm AND batch_id = ANY (batches)
         UNION ALL
        SELECT 'paper_document', file_digest FROM evidence_paperdocument WHERE firm_id = p_firm AND evidence_class = p_class
    ), counted AS (
        SELECT record, count(*) AS number FROM rows GROUP BY record
    )
    SELECT (SELECT coalesce(jsonb_object_agg(record, number), '{}') FROM counted),
           (SELECT encode(sha256(convert_to(coalesce(string_agg(record || key, ',' ORDER BY record, key), ''), 'UTF8')), 'hex') FROM rows)
      INTO found_counts, found_digest;

    INSERT INTO evidence_evidencedeletion (
        institution_id, firm_id, evidence_class, consent_id, consent_ended_on, reason, deleted_by, deleted_at, business_date, last_batch_id,
        counts, content_digest)
    VALUES (
        p_institution, p_firm, p_class, p_consent, p_ended_on, p_reason, p_actor, clock_timestamp(), today,
        coalesce((SELECT max(batch) FROM unnest(batches) AS batch), 0), found_counts, found_digest)
    RETURNING id INTO deletion;

    PERFORM set_config('puhui.rewrites', 'on', true);
    DELETE FROM evidence_invoicereplacement AS replacement
     USING evidence_invoice AS invoice
     WHERE replacement.firm_id = p_firm AND invoice.id = replacement.earlier_id AND invoice.batch_id = ANY (batches);
    DELETE FROM evidence_invoice WHERE firm_id = p_firm AND batch_id = ANY (batches);
    DELETE FROM evidence_record WHERE firm_id = p_firm AND batch_id = ANY (batches);
    DELETE FROM evidence_seriesmonth WHERE firm_id = p_firm AND batch_id = ANY (batches);
    DELETE FROM evidence_documentreview AS review
     USING evidence_paperdocument AS paper
     WHERE paper.id = review.document_id AND paper.firm_id = p_firm AND paper.evidence_class = p_class;
    DELETE FROM evidence_paperdocument WHERE firm_id = p_firm AND evidence_class = p_class;
    PERFORM set_config('puhui.rewrites', '', true);
    RETURN deletion;
END $$;
REVOKE EXECUTE ON FUNCTION evidence_delete(bigint, bigint, text, bigint, date, text, text) FROM PUBLIC;
