"""Near a limit of industry or region a cell is counted anew; who left a household is bound by its old debts."""

from importlib import resources

from django.db import migrations

CONCENTRATION, CONNECTED = (
    resources.files("puhui.decisions").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8") for name in ("concentration", "connected")
)
GONE = """
    DROP FUNCTION IF EXISTS decisions_out_in;
    DROP FUNCTION decisions_count_concentration;
    DROP FUNCTION decisions_promise;
    DROP FUNCTION decisions_concentrated;
"""


class Migration(migrations.Migration):
    dependencies = [("decisions", "0012_concentration"), ("parties", "0010_leaving")]

    operations = [
        migrations.RunSQL(GONE + CONCENTRATION, migrations.RunSQL.noop),
        migrations.RunSQL(CONNECTED, migrations.RunSQL.noop),
    ]
