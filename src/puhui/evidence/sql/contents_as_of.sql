-- Several kinds of record of some firms at once: of each fact the row known last by a moment, its fields as one document.
SELECT DISTINCT ON (record.record, record.firm_id, record.identity_key)
       record.record, record.firm_id, record.id AS record_id, record.observed_on, record.known_at, record.content::text AS content
  FROM unnest(%(records)s::varchar[], %(firms)s::bigint[]) AS wanted (record, firm_id)
  JOIN evidence_record AS record ON record.firm_id = wanted.firm_id AND record.record = wanted.record
 WHERE record.known_at <= %(known_at)s
 ORDER BY record.record, record.firm_id, record.identity_key, record.known_at DESC, record.id DESC
