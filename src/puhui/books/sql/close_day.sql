-- The closed day's row: what the day comes to, and the chain from the closed day before.
WITH seal AS (
    SELECT nextval('books_closedday_id_seq') AS id, clock_timestamp() AS closed_at, day.*
      FROM books_day_seal(%(institution)s, %(after)s, %(date)s) AS day
)
INSERT INTO books_closedday
       (id, institution_id, date, entry_count, transfer_count, audit_count, total_fen, entries_digest, audit_digest, accounts_digest,
        totals_digest, previous_digest, chain_digest, closed_at, closed_by)
SELECT id, %(institution)s, %(date)s, entry_count, transfer_count, audit_count, total_fen, entries_digest, audit_digest, accounts_digest,
       totals_digest, %(previous_digest)s,
       parties_digest(books_closed_day_text(id, %(institution)s, %(date)s, entry_count, transfer_count, audit_count, total_fen,
           entries_digest, audit_digest, accounts_digest, totals_digest, %(previous_digest)s, closed_at, %(actor)s)),
       closed_at, %(actor)s
  FROM seal
