-- What is kept beside each decision's record because it is read of many at once. A record is kilobytes of JSON, stored compressed and apart;
-- to unpack half a million of them takes minutes, to read these columns a fraction of a second.

-- Why the engine would not say yes by itself: severity and code of each reason that vetoes or refers, once each; with a question mark
-- where nobody knew whether the rule holds ("refer?:code").
CREATE FUNCTION decisions_causes(p_record jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT (reason ->> 'severity') || CASE WHEN reason ->> 'is_unknown' = 'true' THEN '?:' ELSE ':' END
                                       || (reason ->> 'code')), '{}')
      FROM jsonb_path_query(p_record, '$.reasons[*] ? (@.severity == "veto" || @.severity == "refer")') AS reason
$$;

-- The digest of the product or of the model that decided.
CREATE FUNCTION decisions_digest(p_record jsonb, p_part text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT p_record -> 'versions' -> p_part ->> 'digest' $$;
