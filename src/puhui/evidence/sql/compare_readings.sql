-- Which staged readings were told before, and which of the others tell a day otherwise that was told already? The first are marked, the
-- second are known from now, where their moment was only assumed: until this file came, the earlier reading stood.
WITH stored AS MATERIALIZED (
    SELECT month.firm_id, month.series_key, month.month + place.day - 1 AS day,
           ARRAY (SELECT month.values[place.number][array_position(month.fields, wanted.field)]
                    FROM unnest(%(fields)s::varchar[]) WITH ORDINALITY AS wanted (field, number)
                   ORDER BY wanted.number) AS values
      FROM (SELECT DISTINCT firm_id, series_key, date_trunc('month', day)::date AS month FROM staged_reading) AS touched
      JOIN evidence_seriesmonth AS month
        ON month.firm_id = touched.firm_id AND month.record = %(record)s AND month.month = touched.month
       AND month.series_key = touched.series_key
     CROSS JOIN LATERAL unnest(month.days) WITH ORDINALITY AS place (day, number)
), compared AS (
    SELECT staged.ctid, bool_or(stored.values = staged.values) AS told
      FROM staged_reading AS staged
      JOIN stored ON stored.firm_id = staged.firm_id AND stored.series_key = staged.series_key AND stored.day = staged.day
     GROUP BY staged.ctid
), marked AS (
    UPDATE staged_reading AS staged
       SET told = compared.told,
           known_at = CASE WHEN staged.known_at_assumed THEN %(now)s ELSE staged.known_at END,
           known_at_assumed = false
      FROM compared
     WHERE staged.ctid = compared.ctid
    RETURNING staged.told
)
SELECT count(*) FILTER (WHERE NOT told) FROM marked
