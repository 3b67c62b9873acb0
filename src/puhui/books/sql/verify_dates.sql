-- Rows dated to a day on which nothing may stand: after the open day, or passed over without being closed.
SELECT 'entry' AS kind, id, posting_date AS day, posting_date > %(open_day)s AS is_ahead
  FROM books_entry
 WHERE institution_id = %(institution)s
   AND (posting_date > %(open_day)s OR (posting_date < %(open_day)s AND posting_date > coalesce(%(sealed)s::date, '-infinity')))
 UNION ALL
SELECT 'account', id, opened_on, true
  FROM books_account
 WHERE institution_id = %(institution)s AND opened_on > %(open_day)s
 ORDER BY 1, 2
