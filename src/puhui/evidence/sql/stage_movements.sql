-- The movements that are there of the firms and days of a file, with what tells them apart. Gone when the transaction ends.
CREATE TEMPORARY TABLE movement_there ON COMMIT DROP AS
SELECT stored.id, stored.firm_id, stored.observed_on, stored.content, stored.content_key, stored.occurrence, stored.batch_id,
       stored.content ->> 'direction' AS direction, stored.content ->> 'amount_fen' AS amount
  FROM (SELECT firm_id, min(observed_on) AS first, max(observed_on) AS last FROM staged_record GROUP BY firm_id) AS firm
 CROSS JOIN LATERAL (
       SELECT * FROM evidence_record AS row
        WHERE row.firm_id = firm.firm_id AND row.record = %(record)s AND row.observed_on BETWEEN firm.first AND firm.last) AS stored
