from django.db import migrations

REFUSE = """
CREATE FUNCTION cases_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER moves_only_grow BEFORE UPDATE OR DELETE ON cases_move FOR EACH ROW EXECUTE FUNCTION cases_refuse();
"""
UNDO = "DROP TRIGGER moves_only_grow ON cases_move; DROP FUNCTION cases_refuse();"


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, UNDO)]
