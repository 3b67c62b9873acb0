-- Which stored rows does this file correct? Those that still stand, speak of an invoice of which the file has something new, and whose
-- own content the file does not repeat. `later_*` name the first new row of the same invoice. Asked before the new rows are added.
CREATE TEMPORARY TABLE replaced_invoice ON COMMIT DROP AS
WITH fresh AS (
    SELECT DISTINCT ON (staged.firm_id, staged.identity_key)
           staged.firm_id, staged.identity_key, staged.content_key, staged.occurrence
      FROM staged_invoice AS staged
     WHERE NOT EXISTS (
               SELECT FROM evidence_invoice AS stored
                WHERE stored.firm_id = staged.firm_id
                  AND stored.content_key = staged.content_key
                  AND stored.occurrence = staged.occurrence)
     ORDER BY staged.firm_id, staged.identity_key, staged.row_number
)
SELECT stored.id AS earlier_id, stored.firm_id, stored.identity_key,
       fresh.content_key AS later_content_key, fresh.occurrence AS later_occurrence
  FROM fresh
  JOIN evidence_invoice AS stored ON stored.firm_id = fresh.firm_id AND stored.identity_key = fresh.identity_key
 WHERE NOT EXISTS (
           SELECT FROM staged_invoice AS staged
            WHERE staged.firm_id = stored.firm_id AND staged.content_key = stored.content_key)
   AND NOT EXISTS (SELECT FROM evidence_invoicereplacement AS replacement WHERE replacement.earlier_id = stored.id)
