-- Movements of a file that may be there already in other words: of one firm, day, direction and amount as a stored one. Rows that are told
-- alike are no question and stand for themselves, on both sides.
SELECT staged.row_number, stored.id, staged.content, stored.content, batch.file_name
  FROM staged_record AS staged
  JOIN evidence_record AS stored
    ON stored.firm_id = staged.firm_id
   AND stored.record = %(record)s
   AND stored.observed_on = staged.observed_on
   AND stored.content ->> 'direction' = staged.content ->> 'direction'
   AND stored.content ->> 'amount_fen' = staged.content ->> 'amount_fen'
  JOIN evidence_batch AS batch ON batch.id = stored.batch_id
 WHERE NOT EXISTS (
           SELECT FROM evidence_record AS alike
            WHERE alike.firm_id = staged.firm_id
              AND alike.record = %(record)s
              AND alike.content_key = staged.content_key
              AND alike.occurrence = staged.occurrence)
   AND NOT EXISTS (
           SELECT FROM staged_record AS alike
            WHERE alike.firm_id = stored.firm_id
              AND alike.content_key = stored.content_key
              AND alike.occurrence = stored.occurrence)
 ORDER BY staged.row_number, stored.id
