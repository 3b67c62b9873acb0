-- What the end of a day finds to do, a yes or no for each of %(asked)s: see loans/outlook.py. Each answer comes by an index and ends at the
-- first row found; what is not asked is not looked for. A yes where there turns out to be nothing costs that step's own look; a no must be
-- right.
WITH line AS MATERIALIZED (
    SELECT coalesce(bool_or(until < %(day)s), false) AS is_past, coalesce(sum(exposure.reserved_fen), 0)::bigint AS undrawn_fen
      FROM loans_creditline AS line
      JOIN loans_contract AS contract ON contract.id = line.contract_id
      LEFT JOIN decisions_exposure AS exposure ON exposure.decision_id = contract.decision_id
     WHERE line.institution_id = %(institution)s AND line.status IN ('open', 'frozen')
), action AS MATERIALIZED (  -- from the end of an index, where "is there one up to today" might be looked for in all loans
    SELECT coalesce(min(next_action_date) <= %(day)s, false) AS is_due
      FROM loans_loan
     WHERE institution_id = %(institution)s AND next_action_date IS NOT NULL
)
SELECT CASE WHEN 'accounts' = ANY (%(asked)s) THEN
           EXISTS (SELECT FROM unnest(%(codes)s::text[]) AS code
                    WHERE NOT EXISTS (SELECT FROM books_account AS account
                                        JOIN parties_branch AS branch ON branch.id = account.branch_id AND branch.parent_id IS NULL
                                        JOIN parties_institution AS institution ON institution.id = account.institution_id
                                       WHERE account.institution_id = %(institution)s AND account.code = code.code
                                         AND account.product_code = '' AND account.currency = institution.currency)) END AS accounts,
       CASE WHEN 'lines' = ANY (%(asked)s) THEN
           (SELECT is_past OR undrawn_fen <> %(undrawn_booked_fen)s FROM line) END AS lines,
       CASE WHEN 'settle' = ANY (%(asked)s) THEN (SELECT is_due FROM action) END AS settle,
       CASE WHEN 'falls_due' = ANY (%(asked)s) THEN (SELECT is_due FROM action) END AS falls_due,
       -- Yes where dues come before it, since it is asked again after them. The late loans with money in the order of an index, account by
       -- account (OFFSET 0): a third of all loans is expected to owe penalty where hardly one does, and to find the first of so many all
       -- loans would be read.
       CASE WHEN 'collect' = ANY (%(asked)s) THEN
           'falls_due' = ANY (%(asked)s) AND (SELECT is_due FROM action)
           OR EXISTS (SELECT FROM loans_event WHERE institution_id = %(institution)s AND known_on = %(day)s AND key LIKE %(debits)s)
           OR EXISTS (SELECT FROM (SELECT firm_id FROM loans_loan
                                    WHERE institution_id = %(institution)s
                                      AND (overdue_since IS NOT NULL OR penalty_earned_fen > penalty_paid_fen)
                                      AND (overdue_since IS NOT NULL OR penalty_earned_fen > penalty_paid_fen + penalty_waived_fen)
                                    ORDER BY firm_id) AS loan
                       CROSS JOIN LATERAL (SELECT FROM loans_debitaccount AS account
                                            WHERE account.firm_id = loan.firm_id AND account.balance_fen > 0 OFFSET 0) AS account)
           END AS collect,
       CASE WHEN 'reprice' = ANY (%(asked)s) THEN
           EXISTS (SELECT FROM loans_ratelink AS link
                     JOIN loans_loan AS loan ON loan.contract_id = link.contract_id
                    WHERE link.institution_id = %(institution)s AND loan.status = ANY (%(running)s) AND loan.start < %(day)s
                      AND CASE link.on WHEN 'anniversary'
                               THEN (extract(day FROM loan.start) = extract(day FROM %(day)s::date)
                                     OR %(is_month_end)s AND extract(day FROM loan.start) > extract(day FROM %(day)s::date))
                                    AND ((extract(year FROM %(day)s::date) - extract(year FROM loan.start)) * 12
                                         + extract(month FROM %(day)s::date) - extract(month FROM loan.start))::integer
                                        %% link.every_months = 0
                               ELSE extract(day FROM %(day)s::date) = 1 END) END AS reprice,
       CASE WHEN 'classify' = ANY (%(asked)s) THEN
           EXISTS ({class_candidates})
           OR EXISTS (SELECT FROM loans_loanclass AS held
                        JOIN loans_loan AS loan ON loan.id = held.loan_id
                       WHERE held.institution_id = %(institution)s AND held.risk_class = ANY (%(non_performing)s)
                         AND loan.status <> ALL (%(not_classified)s)
                         AND (NOT %(retail_else)s OR loan.product_code = ANY (%(non_retail_products)s)
                              OR EXISTS (SELECT FROM loans_finding AS finding
                                          WHERE finding.firm_id = loan.firm_id AND finding.code = 'non_retail'
                                            AND finding.ended_on IS NULL))) END AS classify,
       CASE WHEN 'notices' = ANY (%(asked)s) THEN
           EXISTS (SELECT FROM loans_loan WHERE institution_id = %(institution)s AND next_action_date = ANY (%(falls_due)s::date[])
                                            AND overdue_since IS NULL)
           OR EXISTS (SELECT FROM loans_loan WHERE institution_id = %(institution)s AND overdue_since = ANY (%(overdue)s::date[]))
           END AS notices,
       CASE WHEN 'escalate' = ANY (%(asked)s) THEN
           EXISTS (SELECT FROM decisions_decision AS decision
                     JOIN decisions_application AS application
                          ON application.id = decision.application_id AND application.status = 'referred'
                    WHERE decision.institution_id = %(institution)s AND decision.outcome = 'refer' AND decision.decided_at < %(end_of_day)s
                      AND (NOT EXISTS (SELECT FROM decisions_escalation WHERE decision_id = decision.id AND step = 'decision')
                           OR NOT EXISTS (SELECT FROM decisions_escalation WHERE decision_id = decision.id AND step = 'first_look')
                          AND NOT EXISTS (SELECT FROM decisions_review WHERE decision_id = decision.id)
                          AND NOT EXISTS (SELECT FROM decisions_answer AS answer
                                            JOIN decisions_question AS question ON question.id = answer.question_id
                                           WHERE question.decision_id = decision.id))) END AS escalate,
       EXISTS (SELECT FROM decisions_offer WHERE institution_id = %(institution)s AND status = 'open' AND expires_on <= %(day)s) AS offers,
       EXISTS (SELECT FROM loans_version WHERE institution_id = %(institution)s OFFSET 500) AS versions
