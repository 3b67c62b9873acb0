-- When a row becomes known is assumed from its own day. For a correction we know better: until this file came, the earlier row stood.
UPDATE staged_invoice AS staged
   SET known_at = %(now)s, known_at_assumed = false
  FROM replaced_invoice AS replaced
 WHERE staged.known_at_assumed
   AND staged.firm_id = replaced.firm_id
   AND staged.identity_key = replaced.identity_key
