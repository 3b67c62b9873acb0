-- What was known at a moment: of each fact the row known last by then. The columns of the layout are put in by the caller.
SELECT believed.firm_id, believed.id AS record_id, believed.observed_on, believed.known_at, {columns}
  FROM (SELECT DISTINCT ON (record.firm_id, record.identity_key)
               record.firm_id, record.id, record.observed_on, record.known_at, record.content
          FROM evidence_record AS record
         WHERE record.firm_id = ANY (%(firms)s)
           AND record.record = %(record)s
           AND record.known_at <= %(known_at)s
           AND record.occurrence <= %(most_occurrences)s
         ORDER BY record.firm_id, record.identity_key, record.known_at DESC, record.id DESC) AS believed
 CROSS JOIN LATERAL jsonb_to_record(believed.content) AS content ({definitions})
