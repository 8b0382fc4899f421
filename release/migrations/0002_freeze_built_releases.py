"""A built release never changes and is never deleted: somebody may have cited it."""

from django.db import migrations

FREEZE = """
CREATE FUNCTION release_release_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'built_releases_never_change: release % is built; make a new version', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'built_releases_never_change';
END $$;
CREATE TRIGGER built_releases_never_change BEFORE UPDATE OR DELETE ON release_release FOR EACH ROW
    WHEN (OLD.state = 'built') EXECUTE FUNCTION release_release_is_immutable();
"""
THAW = """
DROP TRIGGER built_releases_never_change ON release_release;
DROP FUNCTION release_release_is_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("release", "0001_initial")]
    operations = [migrations.RunSQL(FREEZE, THAW)]
