-- Classes of which something of a firm is kept though no consent covers them on a day; with the consent that ended last, and when.
WITH held AS (
    SELECT DISTINCT brought.firm_id, batch.evidence_class
      FROM evidence_batchfirm AS brought
      JOIN evidence_batch AS batch ON batch.id = brought.batch_id
     WHERE batch.institution_id = %(institution)s
       AND (%(firms)s::bigint[] IS NULL OR brought.firm_id = ANY (%(firms)s))
       AND NOT EXISTS (
               SELECT FROM evidence_evidencedeletion AS deletion
                WHERE deletion.firm_id = brought.firm_id AND deletion.evidence_class = batch.evidence_class
                  AND deletion.last_batch_id >= batch.id)
     UNION
    SELECT paper.firm_id, paper.evidence_class
      FROM evidence_paperdocument AS paper
     WHERE paper.institution_id = %(institution)s AND (%(firms)s::bigint[] IS NULL OR paper.firm_id = ANY (%(firms)s))
)
SELECT held.firm_id, firm.name, held.evidence_class, ended.id, ended.day
  FROM held
  JOIN parties_firm AS firm ON firm.id = held.firm_id
 CROSS JOIN LATERAL (
           SELECT consent.id, least(consent.expires_on, (consent.withdrawn_at AT TIME ZONE %(zone)s)::date) AS day
             FROM parties_consent AS consent
            WHERE consent.firm_id = held.firm_id AND held.evidence_class = ANY (consent.classes)
            ORDER BY day DESC, consent.id DESC
            LIMIT 1) AS ended
 WHERE ended.day <= %(today)s
 ORDER BY held.firm_id, held.evidence_class
