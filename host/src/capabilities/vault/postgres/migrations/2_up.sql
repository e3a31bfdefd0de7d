CREATE TABLE @member (
    role name PRIMARY KEY,
    may text NOT NULL CHECK (may IN ('use', 'manage', 'own'))
);
CREATE POLICY reading ON @header FOR SELECT
    USING (EXISTS (SELECT FROM @member WHERE role = current_user));
CREATE POLICY reading ON @state FOR SELECT
    USING (EXISTS (SELECT FROM @member WHERE role = current_user));
CREATE POLICY reading ON @record FOR SELECT
    USING (EXISTS (SELECT FROM @member WHERE role = current_user));
CREATE POLICY reading ON @history FOR SELECT
    USING (EXISTS (SELECT FROM @member WHERE role = current_user));
CREATE POLICY writing ON @header
    USING (EXISTS (SELECT FROM @member WHERE role = current_user AND may = 'own'));
CREATE POLICY writing ON @state
    USING (EXISTS (SELECT FROM @member WHERE role = current_user AND may IN ('manage', 'own')));
CREATE POLICY writing ON @record
    USING (EXISTS (SELECT FROM @member WHERE role = current_user AND may IN ('manage', 'own')));
CREATE POLICY writing ON @history
    USING (EXISTS (SELECT FROM @member WHERE role = current_user AND may IN ('manage', 'own')));
-- Grants can be taken back by whoever gave them, so that they are given by one role for all owners: the one that owns the tables.
CREATE FUNCTION @let_in(who name, what text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    place text;
    is_on boolean;
BEGIN
    IF session_user <> current_user
        AND NOT EXISTS (SELECT FROM @member WHERE role = session_user AND may = 'own')
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an owner of the store may say who its members are';
    END IF;
    SELECT c.relnamespace::regnamespace::text, c.relrowsecurity INTO STRICT place, is_on
        FROM @header h JOIN pg_class c ON c.oid = h.tableoid;
    IF NOT is_on THEN
        EXECUTE format('ALTER TABLE %s.header ENABLE ROW LEVEL SECURITY', place);
        EXECUTE format('ALTER TABLE %s.state ENABLE ROW LEVEL SECURITY', place);
        EXECUTE format('ALTER TABLE %s.record ENABLE ROW LEVEL SECURITY', place);
        EXECUTE format('ALTER TABLE %s.history ENABLE ROW LEVEL SECURITY', place);
    END IF;
    -- Nothing can be taken from the role that owns the tables, nor need it be given anything.
    IF who = current_user THEN
        RETURN;
    END IF;
    DELETE FROM @member WHERE role = who;
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %s FROM %I', place, who);
    EXECUTE format('REVOKE ALL ON FUNCTION %s.let_in(name, text) FROM %I', place, who);
    EXECUTE format('REVOKE ALL ON SCHEMA %s FROM %I', place, who);
    IF what IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO @member (role, may) VALUES (who, what);
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO %I', place, who);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %I', place, who);
    IF what = 'use' THEN
        RETURN;
    END IF;
    EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s.record, %s.history TO %I', place, place, who);
    EXECUTE format('GRANT UPDATE ON %s.state TO %I', place, who);
    IF what = 'manage' THEN
        RETURN;
    END IF;
    EXECUTE format('GRANT UPDATE ON %s.header TO %I', place, who);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s.let_in(name, text) TO %I', place, who);
END
$body$;
REVOKE ALL ON FUNCTION @let_in(name, text) FROM PUBLIC;
