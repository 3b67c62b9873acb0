"""Near a limit of industry or region the exposures are read only where the kept figure leaves too little room for what is asked."""

from importlib import resources

from django.db import migrations

CONCENTRATION = resources.files("puhui.decisions").joinpath("sql/concentration.sql").read_text(encoding="utf-8")
GONE = """
    DROP FUNCTION decisions_out_in;
    DROP FUNCTION decisions_count_concentration;
    DROP FUNCTION decisions_promise;
    DROP FUNCTION decisions_concentrated;
"""


class Migration(migrations.Migration):
    dependencies = [("decisions", "0013_counted_anew")]

    operations = [migrations.RunSQL(GONE + CONCENTRATION, migrations.RunSQL.noop)]
