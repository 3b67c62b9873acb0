-- The tax inside an amount that contains it, rounded half up: see calculations/value_added_tax.py.
CREATE FUNCTION loans_tax_inside(p_amount bigint, p_rate_ppm integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT (2 * p_amount * p_rate_ppm + 1000000 + p_rate_ppm) / (2 * (1000000 + p_rate_ppm)) $$;
