-- Accounts and audit records whose digest is not that of their columns.
SELECT 'account' AS kind, account.id, account.opened_on AS day
  FROM books_account AS account
 WHERE account.institution_id = %(institution)s
   AND (account.digest IS DISTINCT FROM parties_digest(
            books_account_text(account.id, account.institution_id, account.code, account.name, account.name_english, account.kind,
                               account.currency, account.opened_on, account.branch_id, account.product_code, account.version))
        OR account.version = 1 AND (account.product_code <> '' OR account.branch_id <> books_head_branch(account.institution_id)))
 UNION ALL
SELECT 'audit record', record.id, record.business_date
  FROM parties_auditrecord AS record
 WHERE record.institution_id = %(institution)s
   AND record.digest IS DISTINCT FROM parties_digest(
           parties_audit_text(record.id, record.institution_id, record.business_date, record.recorded_at, record.actor, record.act,
                              record.subject_kind, record.subject_id, record.detail))
 ORDER BY 3, 1, 2
