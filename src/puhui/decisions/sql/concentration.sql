-- What is out and promised in a cell of industry or region (concentration.py): the figure of the last count, and what was promised since.
-- Promises go to one of sixteen rows of the cell, by the session, so that decisions beside each other do not wait for one row.

-- What is out and promised in a cell at this moment, fen, by the exposures themselves. `p_divisions`: of a cell of industry, its divisions
-- as the text of an array; the code of a region is the beginning of its counties' codes.
CREATE FUNCTION decisions_out_in(p_institution bigint, p_cell text, p_divisions text) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT coalesce(sum(exposure.reserved_fen + exposure.outstanding_fen), 0)
              FROM decisions_exposure AS exposure JOIN parties_firm AS firm ON firm.id = exposure.firm_id
             WHERE exposure.institution_id = p_institution AND exposure.reserved_fen + exposure.outstanding_fen > 0
               AND CASE WHEN p_divisions IS NULL THEN starts_with(firm.division_code, split_part(p_cell, ':', 2))
                        ELSE left(firm.industry_code, 2) = ANY (p_divisions::text[]) END);
END $$;

-- The sums of cells. From `guarded_fen` on a cell is locked until the transaction ends: near its limit one decision after the other, far from
-- it all at once. Under the lock the kept figure holds every promise and is too high by what was repaid or released since the last count; so
-- the exposures are read only where it leaves too little room: above `room_fen`, the limit less what is asked (-1: always). Cells are
-- locked in the order of their names.
CREATE FUNCTION decisions_concentrated(p_institution bigint, p_cells text[], p_guarded_fen bigint[], p_room_fen bigint[], p_divisions text[])
RETURNS TABLE (cell text, used_fen bigint)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    wanted record;
BEGIN
    FOR wanted IN SELECT each.cell, each.guarded_fen, each.room_fen, each.divisions
                    FROM unnest(p_cells, p_guarded_fen, p_room_fen, p_divisions) AS each(cell, guarded_fen, room_fen, divisions)
                   ORDER BY each.cell COLLATE "C"
    LOOP
        cell := wanted.cell;
        SELECT coalesce(sum(amount_fen), 0) INTO used_fen FROM decisions_concentrationfigure AS figure
         WHERE figure.institution_id = p_institution AND figure.cell = wanted.cell;
        IF used_fen >= wanted.guarded_fen THEN
            PERFORM pg_advisory_xact_lock(1886546038, hashtext(p_institution || ' ' || wanted.cell));
            SELECT coalesce(sum(amount_fen), 0) INTO used_fen FROM decisions_concentrationfigure AS figure
             WHERE figure.institution_id = p_institution AND figure.cell = wanted.cell;
            IF used_fen > wanted.room_fen THEN
                used_fen := decisions_out_in(p_institution, wanted.cell, wanted.divisions);
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
END $$;

-- Adds to cells what was promised, or takes back what was released.
CREATE FUNCTION decisions_promise(p_institution bigint, p_cells text[], p_amounts_fen bigint[]) RETURNS void
LANGUAGE sql VOLATILE AS $$
    INSERT INTO decisions_concentrationfigure AS figure (institution_id, cell, part, amount_fen)
    SELECT p_institution, each.cell, pg_backend_pid() % 16 + 1, sum(each.amount_fen)::bigint
      FROM unnest(p_cells, p_amounts_fen) AS each(cell, amount_fen)
     GROUP BY each.cell ORDER BY each.cell COLLATE "C"
    ON CONFLICT (institution_id, cell, part) DO UPDATE SET amount_fen = figure.amount_fen + excluded.amount_fen
$$;

-- Counts every cell anew from the exposures, with repayments and whatever else has changed, and takes the promises that are among them out
-- of the rows of promises. Exposures and promises are read in one statement, so that one made meanwhile is in neither or in both; no
-- row is locked while they are read. `p_sections`: the section of each division of industries.
CREATE FUNCTION decisions_count_concentration(p_institution bigint, p_divisions text[], p_sections text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_cells text[]; v_parts smallint[]; v_amounts bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock(1886546039, p_institution::int);
    WITH owed AS MATERIALIZED (
        SELECT left(firm.industry_code, 2) AS division, firm.division_code AS county,
               sum(exposure.reserved_fen + exposure.outstanding_fen)::bigint AS fen
          FROM decisions_exposure AS exposure JOIN parties_firm AS firm ON firm.id = exposure.firm_id
         WHERE exposure.institution_id = p_institution AND exposure.reserved_fen + exposure.outstanding_fen > 0
         GROUP BY 1, 2
    ), counted AS (
        SELECT cell, sum(fen)::bigint AS fen
          FROM owed LEFT JOIN unnest(p_divisions, p_sections) AS of(division, section) ON of.division = owed.division
         CROSS JOIN LATERAL (VALUES ('industry:' || of.section), (CASE WHEN length(owed.division) = 2 THEN 'industry:' || owed.division END),
                                    (CASE WHEN length(county) >= 2 THEN 'region:' || left(county, 2) END),
                                    (CASE WHEN length(county) >= 4 THEN 'region:' || left(county, 4) END),
                                    (CASE WHEN length(county) >= 6 THEN 'region:' || left(county, 6) END)) AS named(cell)
         WHERE cell IS NOT NULL
         GROUP BY cell
    ), seen AS (
        SELECT cell, part, amount_fen FROM decisions_concentrationfigure WHERE institution_id = p_institution
    ), change AS (
        SELECT coalesce(counted.cell, seen.cell) AS cell, 0 AS part, coalesce(counted.fen, 0) - coalesce(seen.amount_fen, 0) AS amount
          FROM counted FULL JOIN (SELECT * FROM seen WHERE part = 0) AS seen ON seen.cell = counted.cell
         UNION ALL
        SELECT cell, part, -amount_fen FROM seen WHERE part > 0
    )
    SELECT array_agg(cell), array_agg(part), array_agg(amount) INTO v_cells, v_parts, v_amounts FROM change WHERE amount <> 0;
    INSERT INTO decisions_concentrationfigure AS figure (institution_id, cell, part, amount_fen)
    SELECT p_institution, each.cell, each.part, each.amount
      FROM unnest(v_cells, v_parts, v_amounts) AS each(cell, part, amount)
     ORDER BY each.cell COLLATE "C", each.part
    ON CONFLICT (institution_id, cell, part) DO UPDATE SET amount_fen = figure.amount_fen + excluded.amount_fen;
    RETURN coalesce(cardinality(v_cells), 0);
END $$;
