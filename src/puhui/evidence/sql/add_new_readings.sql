-- Add the readings that are not there yet, a month of a series to a row, and write down what the batch brought of each firm.
WITH months AS (
    SELECT firm_id, series_key, key, date_trunc('month', day)::date AS month, known_at_assumed,
           array_agg(extract(day FROM day)::smallint ORDER BY day) AS days,
           array_agg(row_number ORDER BY day) AS row_numbers,
           array_agg(known_at ORDER BY day) AS known_at,
           array_agg("values" ORDER BY day) AS values
      FROM staged_reading
     WHERE NOT told
     GROUP BY firm_id, series_key, key, date_trunc('month', day), known_at_assumed
), added AS (
    INSERT INTO evidence_seriesmonth (
        institution_id, batch_id, received_at, record, fields,
        firm_id, series_key, key, month, known_at_assumed, days, row_numbers, known_at, values)
    SELECT %(institution)s, %(batch)s, %(received_at)s, %(record)s, %(fields)s,
           firm_id, series_key, key, month, known_at_assumed, days, row_numbers, known_at, values
      FROM months
    RETURNING firm_id, month, days
), firms AS (
    INSERT INTO evidence_batchfirm (batch_id, firm_id, record, row_count, first_observed_on, last_observed_on)
    SELECT %(batch)s, firm_id, %(record)s, sum(cardinality(days)), min(month + days[1] - 1), max(month + days[cardinality(days)] - 1)
      FROM added GROUP BY firm_id
    RETURNING row_count
)
SELECT coalesce(sum(row_count), 0) FROM firms
