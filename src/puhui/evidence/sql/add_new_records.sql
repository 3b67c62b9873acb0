-- Add the rows that are not there yet, and write down what the batch brought of each firm. The same file a second time adds nothing.
WITH added AS (
    INSERT INTO evidence_record (
        institution_id, batch_id, received_at, record,
        firm_id, row_number, observed_on, known_at, known_at_assumed, content, content_key, identity_key, occurrence)
    SELECT %(institution)s, %(batch)s, %(received_at)s, %(record)s,
           firm_id, row_number, observed_on, known_at, known_at_assumed, jsonb_strip_nulls(content), content_key, identity_key, occurrence
      FROM staged_record AS staged
     WHERE NOT EXISTS (
               SELECT FROM evidence_record AS stored
                WHERE stored.firm_id = staged.firm_id
                  AND stored.record = %(record)s
                  AND stored.content_key = staged.content_key
                  AND stored.occurrence = staged.occurrence)
    RETURNING firm_id, observed_on
), firms AS (
    INSERT INTO evidence_batchfirm (batch_id, firm_id, record, row_count, first_observed_on, last_observed_on)
    SELECT %(batch)s, firm_id, %(record)s, count(*), min(observed_on), max(observed_on) FROM added GROUP BY firm_id
    RETURNING row_count
)
SELECT coalesce(sum(row_count), 0) FROM firms
