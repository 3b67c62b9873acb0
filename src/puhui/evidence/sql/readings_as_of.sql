-- What was known of a time series at a moment: of each day the reading known last by then. The caller puts in the columns.
SELECT believed.firm_id, believed.id AS record_id, believed.day AS observed_on, believed.moment AS known_at, {columns}
  FROM (SELECT DISTINCT ON (month.firm_id, month.series_key, month.month, place.day)
               month.firm_id, month.id, month.month + place.day - 1 AS day, place.moment, month.key, month.fields, month.values, place.number
          FROM evidence_seriesmonth AS month
         CROSS JOIN LATERAL unnest(month.days, month.known_at) WITH ORDINALITY AS place (day, moment, number)
         WHERE month.firm_id = ANY (%(firms)s)
           AND month.record = %(record)s
           AND place.moment <= %(known_at)s
         ORDER BY month.firm_id, month.series_key, month.month, place.day, place.moment DESC, month.id DESC) AS believed
