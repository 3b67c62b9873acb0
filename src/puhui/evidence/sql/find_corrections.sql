-- Which new rows tell otherwise what is told already? When a row becomes known is assumed from its own day; of a correction we know
-- better: until this file came, the earlier row stood.
WITH fresh AS (
    SELECT staged.ctid, staged.known_at_assumed
      FROM staged_record AS staged
     WHERE NOT EXISTS (
               SELECT FROM evidence_record AS stored
                WHERE stored.firm_id = staged.firm_id
                  AND stored.record = %(record)s
                  AND stored.content_key = staged.content_key
                  AND stored.occurrence = staged.occurrence)
       AND EXISTS (
               SELECT FROM evidence_record AS stored
                WHERE stored.firm_id = staged.firm_id
                  AND stored.record = %(record)s
                  AND stored.identity_key = staged.identity_key)
), dated AS (
    UPDATE staged_record AS staged SET known_at = %(now)s, known_at_assumed = false
      FROM fresh
     WHERE staged.ctid = fresh.ctid AND fresh.known_at_assumed
)
SELECT count(*) FROM fresh
