-- From the moment its correction is known, an earlier row no longer speaks.
INSERT INTO evidence_invoicereplacement (firm_id, earlier_id, later_id, known_at)
SELECT replaced.firm_id, replaced.earlier_id, later.id, later.known_at
  FROM replaced_invoice AS replaced
  JOIN evidence_invoice AS later
    ON later.firm_id = replaced.firm_id
   AND later.content_key = replaced.later_content_key
   AND later.occurrence = replaced.later_occurrence
