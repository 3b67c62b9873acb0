"""Columns beside a decision's record for what is read of many at once (`decisions/sql/of_records.sql`). One pass makes all three."""

from importlib import resources

import django.contrib.postgres.fields
from django.db import migrations, models

ADDED = """
ALTER TABLE decisions_decision
    ADD COLUMN causes text[] GENERATED ALWAYS AS (decisions_causes(record)) STORED,
    ADD COLUMN product_digest text GENERATED ALWAYS AS (decisions_digest(record, 'product')) STORED,
    ADD COLUMN model_digest text GENERATED ALWAYS AS (decisions_digest(record, 'model')) STORED;
ANALYZE decisions_decision
"""
REMOVED = """
ALTER TABLE decisions_decision DROP COLUMN causes, DROP COLUMN product_digest, DROP COLUMN model_digest;
DROP FUNCTION decisions_causes, decisions_digest
"""


def _digest(part: str) -> models.GeneratedField:
    kept = models.Func("record", models.Value(part), function="decisions_digest")
    return models.GeneratedField(db_persist=True, expression=kept, output_field=models.TextField(null=True))


CAUSES = models.GeneratedField(
    db_persist=True,
    expression=models.Func("record", function="decisions_causes"),
    output_field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
)
FUNCTIONS = resources.files("puhui.decisions").joinpath("sql/of_records.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("decisions", "0007_open_offers")]

    operations = [
        migrations.RunSQL(
            FUNCTIONS + ADDED,
            REMOVED,
            state_operations=[
                migrations.AddField("decision", "causes", CAUSES),
                migrations.AddField("decision", "product_digest", _digest("product")),
                migrations.AddField("decision", "model_digest", _digest("model")),
            ],
        )
    ]
