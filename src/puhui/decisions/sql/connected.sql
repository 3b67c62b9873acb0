-- Whether somebody who left a household owes with it still: something that was decided on while they were in it is promised or owed.
CREATE OR REPLACE FUNCTION decisions_still_bound(p_firm bigint, p_role text, p_until date) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT p_role IN ('head', 'member')
       AND EXISTS (SELECT FROM decisions_exposure AS exposure JOIN decisions_decision AS decision ON decision.id = exposure.decision_id
                    WHERE exposure.firm_id = p_firm AND exposure.reserved_fen + exposure.outstanding_fen > 0
                      AND decision.business_date <= p_until)
$$;

-- The groups of firms that are one debtor (credit_view.py), each member with what it owes: a row for each of `firms` and member of its group.
-- A function keeps its plan for the session: a decision that somebody waits for asks twice, and planning takes longer than looking.
CREATE OR REPLACE FUNCTION decisions_connected(firms bigint[], roles text[])
RETURNS TABLE (start bigint, firm bigint, name text, is_related boolean, reserved_fen bigint, outstanding_fen bigint)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE reached(start, firm) AS (
        SELECT firm, firm FROM unnest(firms) AS firm
        UNION
        SELECT reached.start, step.firm
          FROM reached CROSS JOIN LATERAL (
              SELECT b.firm_id AS firm
                FROM parties_firmperson AS a JOIN parties_firmperson AS b ON b.person_id = a.person_id
               WHERE a.firm_id = reached.firm AND a.role = ANY(roles) AND b.role = ANY(roles)
                 AND (a.until IS NULL OR decisions_still_bound(a.firm_id, a.role, a.until))
                 AND (b.until IS NULL OR decisions_still_bound(b.firm_id, b.role, b.until))
              UNION ALL
              SELECT other_id FROM decisions_creditlink
               WHERE firm_id = reached.firm AND ended_on IS NULL AND other_id IS NOT NULL
              UNION ALL
              SELECT firm_id FROM decisions_creditlink WHERE other_id = reached.firm AND ended_on IS NULL
              UNION ALL
              -- Rows that two persons have found to be one firm: the newest step on the pair is the merge.
              SELECT CASE WHEN act.first_id = reached.firm THEN act.second_id ELSE act.first_id END
                FROM parties_matchact AS act
               WHERE (act.first_id = reached.firm OR act.second_id = reached.firm) AND act.act = 'merged'
                 AND NOT EXISTS (SELECT FROM parties_matchact AS later
                                  WHERE later.first_id = act.first_id AND later.second_id = act.second_id AND later.id > act.id)
          ) AS step
    )
    SELECT reached.start, reached.firm, firm.name::text,
           EXISTS (SELECT 1 FROM decisions_creditlink AS own
                    WHERE own.firm_id = reached.firm AND own.other_id IS NULL AND own.ended_on IS NULL),
           owed.reserved_fen::bigint, owed.outstanding_fen::bigint
      FROM reached JOIN parties_firm AS firm ON firm.id = reached.firm
     CROSS JOIN LATERAL (SELECT coalesce(sum(reserved_fen), 0) AS reserved_fen, coalesce(sum(outstanding_fen), 0) AS outstanding_fen
                           FROM decisions_exposure AS exposure WHERE exposure.firm_id = reached.firm) AS owed
     ORDER BY reached.start, reached.firm;
END $$;
