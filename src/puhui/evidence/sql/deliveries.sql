-- Deliveries of an institution by class, kind of record and source, the newest first in each: one row per batch and kind of record.
-- A file that was imported without a named source goes under the source ''.
SELECT batch.id, batch.evidence_class, part.record, part.rows, part.firms, part.last_observed_on, batch.received_at, batch.counts,
       CASE WHEN batch.source = left(batch.file_name, 100) THEN '' ELSE batch.source END AS source
  FROM evidence_batch AS batch
  JOIN (SELECT batch_id, record, sum(row_count) AS rows, count(*) AS firms, max(last_observed_on) AS last_observed_on
          FROM evidence_batchfirm
         WHERE batch_id IN (SELECT id FROM evidence_batch WHERE institution_id = %(institution)s)
         GROUP BY batch_id, record) AS part ON part.batch_id = batch.id
 ORDER BY batch.evidence_class, part.record, source, batch.received_at DESC, batch.id DESC
