"""The groups of firms that are one debtor are found by a function, whose plan a session keeps (`decisions/sql/connected.sql`)."""

from importlib import resources

from django.db import migrations

FUNCTION = resources.files("puhui.decisions").joinpath("sql/connected.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("decisions", "0008_of_records")]

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION decisions_connected")]
