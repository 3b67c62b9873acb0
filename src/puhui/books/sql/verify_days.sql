-- Each closed day against what its rows come to now, and against the closed day before it.
WITH days AS (
    SELECT *, lag(date) OVER by_date AS after, coalesce(lag(chain_digest) OVER by_date, decode(repeat('00', 32), 'hex')) AS chain_before
      FROM books_closedday
     WHERE institution_id = %(institution)s
    WINDOW by_date AS (ORDER BY date)
)
SELECT days.date,
       (days.entry_count, days.transfer_count, days.total_fen, days.entries_digest)
           = (seal.entry_count, seal.transfer_count, seal.total_fen, seal.entries_digest) AS entries_hold,
       (days.audit_count, days.audit_digest) = (seal.audit_count, seal.audit_digest) AS audit_holds,
       days.accounts_digest = seal.accounts_digest AS accounts_hold,
       days.totals_digest = seal.totals_digest AS totals_hold,
       days.previous_digest = days.chain_before AS previous_holds,
       days.chain_digest = parties_digest(books_closed_day_text(
           days.id, days.institution_id, days.date, days.entry_count, days.transfer_count, days.audit_count, days.total_fen,
           days.entries_digest, days.audit_digest, days.accounts_digest, days.totals_digest, days.previous_digest, days.closed_at,
           days.closed_by)) AS row_holds,
       encode(days.chain_digest, 'hex') AS chain_digest,
       days.entry_count, seal.entry_count AS entries_found, days.audit_count, seal.audit_count AS audit_found
  FROM days
 CROSS JOIN LATERAL books_day_seal(days.institution_id, days.after, days.date) AS seal
 WHERE days.date BETWEEN %(since)s AND %(until)s
 ORDER BY days.date
