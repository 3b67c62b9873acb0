-- What was known of a firm at a moment, by kind of record: rows that had come by then, corrected ones included.
SELECT batch.evidence_class, known.record, known.rows, known.first, known.last, known.known_until, batch.source
  FROM (SELECT 'invoice' AS record, count(*) AS rows, min(issued_on) AS first, max(issued_on) AS last, max(known_at) AS known_until,
               max(batch_id) AS batch_id
          FROM evidence_invoice WHERE firm_id = %(firm)s AND known_at <= %(moment)s
        HAVING count(*) > 0
         UNION ALL
        SELECT record, count(*), min(observed_on), max(observed_on), max(known_at), max(batch_id)
          FROM evidence_record WHERE firm_id = %(firm)s AND known_at <= %(moment)s
         GROUP BY record
         UNION ALL
        SELECT month.record, count(*), min(month.month + place.day - 1), max(month.month + place.day - 1), max(place.moment),
               max(month.batch_id)
          FROM evidence_seriesmonth AS month
         CROSS JOIN LATERAL unnest(month.days, month.known_at) AS place (day, moment)
         WHERE month.firm_id = %(firm)s AND place.moment <= %(moment)s
         GROUP BY month.record) AS known
  JOIN evidence_batch AS batch ON batch.id = known.batch_id
 ORDER BY batch.evidence_class, known.record
