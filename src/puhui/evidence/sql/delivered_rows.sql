-- Up to so many rows of each of the named deliveries (batch and kind of record side by side), as documents of field and value. Found by
-- firm, as the rows are ordered; only of firms that still consent. Readings of series are not rows and are not in it.
SELECT part.batch_id, part.record, told.content
  FROM unnest(%(batches)s::bigint[], %(records)s::text[], %(classes)s::text[]) AS part (batch_id, record, evidence_class)
 CROSS JOIN LATERAL (
       SELECT row.content
         FROM evidence_batchfirm AS firm
         JOIN evidence_record AS row ON row.firm_id = firm.firm_id AND row.record = firm.record AND row.batch_id = firm.batch_id
        WHERE firm.batch_id = part.batch_id AND firm.record = part.record AND part.record <> 'invoice'
           AND EXISTS (SELECT FROM parties_consent AS consent
                        WHERE consent.firm_id = firm.firm_id AND part.evidence_class = ANY (consent.classes)
                          AND consent.expires_on >= %(day)s AND consent.withdrawn_at IS NULL)
        UNION ALL
       SELECT jsonb_build_object('counterparty', nullif(row.counterparty, ''), 'kind', nullif(row.kind, ''), 'hour', row.issued_hour,
                                 'amount_fen', row.amount_fen, 'tax_fen', row.tax_fen, 'total_fen', row.total_fen)
         FROM evidence_batchfirm AS firm
         JOIN evidence_invoice AS row ON row.firm_id = firm.firm_id AND row.batch_id = firm.batch_id
        WHERE firm.batch_id = part.batch_id AND part.record = 'invoice' AND firm.record = 'invoice'
           AND EXISTS (SELECT FROM parties_consent AS consent
                        WHERE consent.firm_id = firm.firm_id AND part.evidence_class = ANY (consent.classes)
                          AND consent.expires_on >= %(day)s AND consent.withdrawn_at IS NULL)
        LIMIT %(most)s) AS told
