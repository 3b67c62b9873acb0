-- Expected credit loss of every open loan of an institution on a day: the same as calculations/loss_stages.py, for all at once. {columns}
-- stand for the loan's branch, and for its gross carrying amount and principal as sums of counters.
INSERT INTO loans_lossdetail
       (run_date, institution_id, loan_id, branch_id, product_code, stage, reason, clean_since, days_past_due, risk_class, security,
        probability_ppm, lgd_ppm, rate_ppm, principal_fen, exposure_fen, undrawn_fen, earned_fen, unpaid_fen, held_back_fen, loss_fen,
        commitment_loss_fen)
WITH scenario AS (
    SELECT * FROM jsonb_to_recordset(%(scenarios)s::jsonb) AS scenario(weight_ppm float8, pd_factor_ppm float8, lgd_factor_ppm float8)
), loss_given AS (
    SELECT * FROM jsonb_to_recordset(%(losses_given)s::jsonb) AS loss_given(security text, lgd_ppm integer)
), worth AS (
    SELECT security.contract_id, security.kind, loss_given.lgd_ppm, valued.value_fen
      FROM loans_security AS security
      JOIN loss_given ON loss_given.security = security.kind
      LEFT JOIN LATERAL (SELECT value_fen FROM loans_securityvalue AS value
                          WHERE value.security_id = security.id AND value.day <= %(day)s
                          ORDER BY value.day DESC, value.id DESC LIMIT 1) AS valued ON true
     WHERE security.institution_id = %(institution)s AND coalesce(security.registered_until, 'infinity') >= %(day)s
       AND NOT EXISTS (SELECT FROM loans_securityrelease AS release WHERE release.security_id = security.id AND release.day <= %(day)s)
), secured AS (
    -- The best kind of a contract. What nobody has valued yet stands for the whole debt.
    SELECT DISTINCT ON (contract_id) contract_id, kind, lgd_ppm, CASE WHEN bool_and(value_fen IS NOT NULL) THEN sum(value_fen) END AS value_fen
      FROM worth
     GROUP BY contract_id, kind, lgd_ppm
     ORDER BY contract_id, lgd_ppm, kind
), observed AS (
    SELECT DISTINCT loan_id FROM loans_restructuring
     WHERE institution_id = %(institution)s AND day <= %(day)s AND observed_until >= %(day)s
), state AS (
    SELECT loan.id, loan.id AS note_id, loan.contract_id, {branch} AS branch_id, loan.product_code, loan.rate_ppm, loan.maturity, loan.status, loan.lent_fen,
           greatest(%(day)s::date - loan.overdue_since, 0) AS days_past_due, loan.probability_ppm, loan.undrawn_fen,
           {exposure} AS gross_fen, {principal} AS principal_fen, {earned} AS earned_fen, {unpaid} AS unpaid_fen,
           loan.non_accrual_profile
      FROM loans_loan AS loan
      LEFT JOIN loans_nightshape AS shape ON shape.id = loan.run_shape
     CROSS JOIN LATERAL (
           SELECT greatest(%(day)s::date - loan.state_date, 0) AS nights,
                  loan.non_accrual_profile = 'house_rule' AND loan.status IN ('non_accrual', 'terminated')
                      AND loan.state_date - loan.overdue_since > 90 AS brings_nothing) AS since
     CROSS JOIN LATERAL (
           SELECT coalesce(interest_path[least(nights + 1, cardinality(interest_path))],
                           loans_run(run_offset, run_product, run_denominator,
                               shape.units[least(greatest(%(day)s::date, state_date) - shape.first + 1, cardinality(shape.units))])
                           - loans_run(run_offset, run_product, run_denominator,
                               shape.units[least(state_date - shape.first + 1, cardinality(shape.units))]), 0) AS interest_run,
                  coalesce(penalty_path[least(nights + 1, cardinality(penalty_path))], 0) AS penalty_run) AS run
     CROSS JOIN LATERAL (
           SELECT CASE WHEN brings_nothing THEN interest_run ELSE 0 END AS interest_suspended_run,
                  CASE WHEN brings_nothing THEN penalty_run ELSE 0 END AS penalty_suspended_run) AS suspended
     WHERE loan.institution_id = %(institution)s AND loan.status NOT IN ('closed', 'undrawn')
     UNION ALL
    -- What may still be drawn on a line is a commitment with a row of its own, under the contract's number below zero: its arrears and
    -- class are those of the worst of its notes.
    SELECT -line.contract_id, note.id, line.contract_id, coalesce(newest.branch_id, %(head)s::bigint), contract.product_code,
           coalesce(decision.rate_ppm, 0), line.until, line.status, 0, greatest(%(day)s::date - note.overdue_since, 0),
           decision.probability_ppm, exposure.reserved_fen, 0, 0, 0, 0, 'house_rule'
      FROM loans_creditline AS line
      JOIN loans_contract AS contract ON contract.id = line.contract_id
      JOIN decisions_decision AS decision ON decision.id = contract.decision_id
      JOIN decisions_exposure AS exposure ON exposure.decision_id = contract.decision_id
      LEFT JOIN LATERAL (SELECT branch_id FROM loans_loan WHERE contract_id = contract.id ORDER BY id DESC LIMIT 1) AS newest ON true
      LEFT JOIN LATERAL (
            SELECT loan.id, loan.overdue_since
              FROM loans_loan AS loan
              LEFT JOIN loans_loanclass AS class ON class.loan_id = loan.id
             WHERE loan.contract_id = contract.id AND loan.status NOT IN ('closed', 'undrawn')
             ORDER BY array_position(ARRAY['loss', 'doubtful', 'substandard', 'special_mention', 'normal'], class.risk_class::text),
                      loan.overdue_since, loan.id
             LIMIT 1) AS note ON true
     WHERE line.institution_id = %(institution)s AND line.status IN ('open', 'frozen') AND exposure.reserved_fen > 0
), known AS (
    SELECT state.*, coalesce(state.days_past_due, 0) AS late,
           coalesce(held.risk_class, (SELECT by_days.risk_class FROM jsonb_to_recordset(%(classes_by_days)s::jsonb)
                                             AS by_days(risk_class text, more_than integer)
                                       WHERE coalesce(state.days_past_due, 0) > by_days.more_than
                                       ORDER BY by_days.more_than DESC LIMIT 1), 'normal') AS risk_class,
           coalesce(secured.kind, 'unsecured') AS security,
           round(unsecured.lgd_ppm - (unsecured.lgd_ppm - coalesce(secured.lgd_ppm, unsecured.lgd_ppm))
                 * least(coalesce(secured.value_fen / nullif(sum(state.gross_fen) OVER (PARTITION BY state.contract_id)
                                                             + CASE WHEN state.id < 0 THEN state.undrawn_fen ELSE 0 END, 0), 1), 1)
                )::integer AS lgd_ppm,
           observed.loan_id IS NOT NULL AS is_restructured, coalesce(before.stage, 1) AS stage_before, before.clean_since AS clean_before,
           before.earned_fen AS earned_before, coalesce(before.held_back_fen, 0) AS held_before,
           CASE WHEN before.stage = 3 AND before.exposure_fen > 0
                THEN round(before.loss_fen * 1000000.0 / before.exposure_fen) ELSE 0 END AS share_ppm_before
      FROM state
      JOIN loss_given AS unsecured ON unsecured.security = 'unsecured'
      LEFT JOIN loans_loanclass AS held ON held.loan_id = state.note_id
      LEFT JOIN secured ON secured.contract_id = state.contract_id
      LEFT JOIN observed ON observed.loan_id = state.note_id
      LEFT JOIN loans_lossdetail AS before
        ON before.institution_id = %(institution)s AND before.run_date = %(before)s AND before.loan_id = state.id
     WHERE state.gross_fen > 0 OR state.undrawn_fen > 0
), by_facts AS (
    SELECT known.*, facts.*, coalesce(clean_before, %(day)s::date) AS clean,
           greatest(CASE WHEN probability_ppm > 0 THEN probability_ppm ELSE %(not_scored_ppm)s END,
                    (SELECT least_probability.probability_ppm FROM jsonb_to_recordset(%(probabilities)s::jsonb)
                            AS least_probability(days_from integer, probability_ppm integer)
                      WHERE least_probability.days_from <= late ORDER BY least_probability.days_from DESC LIMIT 1)) AS pd_ppm
      FROM known
     CROSS JOIN LATERAL (
           SELECT CASE WHEN late > %(stage_3_days)s OR risk_class = ANY (%(stage_3_classes)s) THEN 3
                       WHEN late > %(stage_2_days)s OR risk_class = ANY (%(stage_2_classes)s) OR is_restructured THEN 2
                       ELSE 1 END AS facts_stage,
                  CASE WHEN late > %(stage_3_days)s THEN 'days_past_due'
                       WHEN risk_class = ANY (%(stage_3_classes)s) THEN 'class'
                       WHEN late > %(stage_2_days)s THEN 'days_past_due'
                       WHEN risk_class = ANY (%(stage_2_classes)s) THEN 'class'
                       WHEN is_restructured THEN 'restructured' ELSE 'none' END AS facts_reason) AS facts
), probation AS (
    SELECT by_facts.*,
           facts_stage < stage_before AND %(day)s::date - clean < (%(probation_days)s::integer[])[stage_before] AS is_kept,
           facts_stage < stage_before - 1 AS is_between
      FROM by_facts
), staged AS (
    SELECT probation.*, found.*, held.*, gross_fen - held_back_fen AS exposure_fen
      FROM probation
     CROSS JOIN LATERAL (
           SELECT CASE WHEN is_kept THEN stage_before WHEN is_between THEN stage_before - 1 ELSE facts_stage END AS stage,
                  CASE WHEN is_kept OR is_between THEN 'probation' ELSE facts_reason END AS reason,
                  CASE WHEN is_kept THEN clean WHEN is_between THEN %(day)s::date END AS clean_since) AS found
     CROSS JOIN LATERAL (
           SELECT CASE WHEN non_accrual_profile = 'cas_22' AND found.stage = 3
                       THEN least(greatest(held_before + coalesce(round((earned_fen - earned_before) * share_ppm_before / 1000000), 0), 0)::bigint, unpaid_fen)
                       ELSE 0 END AS held_back_fen) AS held
), balance AS (
    SELECT instalment.loan_id, instalment.number, instalment.due,
           lag(instalment.balance_fen, 1, staged.lent_fen) OVER by_number AS balance_before, staged.exposure_fen, staged.principal_fen,
           staged.late
      FROM loans_instalment AS instalment
      JOIN staged ON staged.id = instalment.loan_id AND staged.stage < 3
    WINDOW by_number AS (PARTITION BY instalment.loan_id ORDER BY instalment.number)
), ahead AS (
    SELECT loan_id, row_number() OVER by_due = 1 AS is_first, balance_before, exposure_fen, principal_fen,
           coalesce(lag(due) OVER by_due - %(day)s::date, 0) / 365.0::float8 AS start_years,            -- What is past due stays out beyond the schedule: its last span lasts as long as the shortest life at least.
           greatest(due - %(day)s::date, CASE WHEN late > 0 AND lead(due) OVER by_due IS NULL THEN %(shortest_life_days)s ELSE 0 END)
           / 365.0::float8 AS end_years,
           greatest(principal_fen - first_value(balance_before) OVER by_due, 0) AS late_principal
      FROM balance
     WHERE due > %(day)s
    WINDOW by_due AS (PARTITION BY loan_id ORDER BY due, number)
), bucket AS (
    SELECT loan_id, start_years, end_years,
           CASE WHEN is_first THEN exposure_fen
                ELSE least(exposure_fen, exposure_fen - principal_fen + late_principal + balance_before) END AS amount_fen
      FROM ahead
     UNION ALL
    SELECT id, 0, %(shortest_life_days)s / 365.0::float8, exposure_fen
      FROM staged
     WHERE stage < 3 AND NOT EXISTS (SELECT FROM ahead WHERE ahead.loan_id = staged.id)
), survival AS (
    SELECT staged.id, scenario.weight_ppm / 1e6 * least(staged.lgd_ppm * scenario.lgd_factor_ppm / 1e6, 1e6) / 1e6 AS lost,
           1 - least(staged.pd_ppm * scenario.pd_factor_ppm / 1e6, 999900) / 1e6 AS survives
      FROM staged CROSS JOIN scenario
), lost AS (
    SELECT survival.id,
           sum(survival.lost * bucket.amount_fen
               * (power(survival.survives, bucket.start_years) - power(survival.survives, span.until))
               * power(1 + staged.rate_ppm / 1e6, -span.until)) AS fen
      FROM survival
      JOIN staged ON staged.id = survival.id AND staged.stage < 3
      JOIN bucket ON bucket.loan_id = survival.id
     CROSS JOIN LATERAL (SELECT CASE WHEN staged.stage = 1 THEN least(bucket.end_years, 1) ELSE bucket.end_years END AS until) AS span
     WHERE bucket.start_years < span.until
     GROUP BY 1
), committed AS (
    SELECT survival.id,
           sum(survival.lost * round(staged.undrawn_fen * %(conversion_ppm)s / 1e6)
               * CASE WHEN staged.stage = 3 THEN 1
                      ELSE (1 - power(survival.survives, span.years)) * power(1 + staged.rate_ppm / 1e6, -span.years) END) AS fen,
           sum(survival.lost) AS share
      FROM survival
      JOIN staged ON staged.id = survival.id
     CROSS JOIN LATERAL (SELECT greatest(staged.maturity - %(day)s::date, 0) / 365.0::float8 AS life) AS whole
     CROSS JOIN LATERAL (SELECT CASE WHEN staged.stage = 1 THEN least(life, 1) ELSE life END AS years) AS span
     GROUP BY 1
)
SELECT %(day)s, %(institution)s, staged.id, staged.branch_id, staged.product_code, staged.stage, staged.reason, staged.clean_since,
       staged.late, staged.risk_class, staged.security, staged.pd_ppm, staged.lgd_ppm, staged.rate_ppm, staged.principal_fen,
       staged.exposure_fen, staged.undrawn_fen, staged.earned_fen, staged.unpaid_fen, staged.held_back_fen,
       floor(CASE WHEN staged.stage = 3 THEN committed.share * staged.exposure_fen ELSE coalesce(lost.fen, 0) END + 0.5)::bigint,
       floor(committed.fen + 0.5)::bigint
  FROM staged
  JOIN committed ON committed.id = staged.id
  LEFT JOIN lost ON lost.id = staged.id
 ORDER BY staged.id
