"""What is repaid or released makes room near a limit of industry or region at once; who left a household is bound by its old debts."""

from importlib import resources

import django.db.models.deletion
from django.db import migrations, models

CONCENTRATION, CONNECTED = (
    resources.files("puhui.decisions").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8") for name in ("concentration", "connected")
)
GONE = """
    DROP TRIGGER IF EXISTS decisions_note_move ON decisions_exposure;
    DROP FUNCTION IF EXISTS decisions_note_move;
    DROP FUNCTION IF EXISTS decisions_moved;
    DROP FUNCTION decisions_count_concentration;
    DROP FUNCTION decisions_promise;
    DROP FUNCTION decisions_concentrated;
"""


class Migration(migrations.Migration):
    dependencies = [("decisions", "0012_concentration"), ("parties", "0010_leaving")]

    operations = [
        migrations.CreateModel(
            name="ConcentrationMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("division", models.CharField(max_length=2)),
                ("county", models.CharField(max_length=6)),
                ("amount_fen", models.BigIntegerField()),
                ("institution", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="parties.institution")),
            ],
        ),
        migrations.RunSQL(GONE + CONCENTRATION, migrations.RunSQL.noop),
        migrations.RunSQL(CONNECTED, migrations.RunSQL.noop),
    ]
