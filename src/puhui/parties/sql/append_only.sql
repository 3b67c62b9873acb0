-- The trigger of tables that only grow. Roles stop the application already; this stops every role, also where a server has only one,
-- unless it says that it means to (a migration, which moves rows and does not change what they say).
CREATE FUNCTION parties_refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('puhui.rewrites', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'Rows of % are added and never changed or removed: write a further row that corrects', TG_TABLE_NAME
            USING ERRCODE = 'PH003';
    END IF;
    RETURN NULL;
END $$;
