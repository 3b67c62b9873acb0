-- Movements of a file that may be there already in other words: of one firm, day, direction and amount as a stored one. Rows that are told
-- alike are no question and stand for themselves, on both sides.
WITH fresh AS MATERIALIZED (
    SELECT staged.firm_id, staged.row_number, staged.observed_on, staged.content,
           staged.content ->> 'direction' AS direction, staged.content ->> 'amount_fen' AS amount
      FROM staged_record AS staged
     WHERE NOT EXISTS (
               SELECT FROM movement_there AS alike
                WHERE alike.firm_id = staged.firm_id AND alike.content_key = staged.content_key AND alike.occurrence = staged.occurrence)
), free AS MATERIALIZED (
    SELECT there.*
      FROM movement_there AS there
     WHERE NOT EXISTS (
               SELECT FROM staged_record AS alike
                WHERE alike.firm_id = there.firm_id AND alike.content_key = there.content_key AND alike.occurrence = there.occurrence)
)
SELECT fresh.row_number, free.id, fresh.content, free.content, batch.file_name
  FROM fresh
  JOIN free USING (firm_id, observed_on, direction, amount)
  JOIN evidence_batch AS batch ON batch.id = free.batch_id
 ORDER BY fresh.row_number, free.id
