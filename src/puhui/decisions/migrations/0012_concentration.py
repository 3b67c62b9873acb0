"""What is out and promised by industry and region is kept, and counted from the exposures (`decisions/sql/concentration.sql`)."""

from importlib import resources

import django.db.models.deletion
from django.db import migrations, models

FUNCTIONS = resources.files("puhui.decisions").joinpath("sql/concentration.sql").read_text(encoding="utf-8")
GONE = """
    DROP FUNCTION decisions_count_concentration;
    DROP FUNCTION decisions_promise;
    DROP FUNCTION decisions_concentrated;
"""


class Migration(migrations.Migration):
    dependencies = [("decisions", "0011_parts"), ("parties", "0008_name_pairs")]

    operations = [
        migrations.CreateModel(
            name="ConcentrationFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cell", models.CharField(max_length=24)),
                ("part", models.SmallIntegerField()),
                ("amount_fen", models.BigIntegerField()),
                (
                    "institution",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.institution"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("institution", "cell", "part"), name="concentration_cell")],
            },
        ),
        migrations.RunSQL(FUNCTIONS, GONE),
    ]
