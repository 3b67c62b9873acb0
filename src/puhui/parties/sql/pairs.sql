-- The pairs of neighbouring characters of a text, small letters as large ones: what a name holds, its pairs hold too. An index of the
-- pairs of all names finds a part of a name among any number of firms; in Chinese two characters are a word (parties/queries.py).
CREATE FUNCTION parties_pairs(p_text text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    whole text := upper(p_text);
    pairs text[] := '{}';
BEGIN
    FOR place IN 1 .. length(whole) - 1 LOOP
        pairs := pairs || substr(whole, place, 2);
    END LOOP;
    RETURN pairs;
END $$;
