"""What all loans together stand at, kept by differences (`loans/standing.py`, `loans/sql/standing.sql`)."""

from importlib import resources

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


def _text(name: str) -> str:
    return resources.files("puhui.loans").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")


def _statements() -> str:
    standing = _text("standing")
    changed = standing.replace("{versions}", "(SELECT -1 AS sign, before.* FROM before UNION ALL SELECT 1, after.* FROM after)")
    every_loan = standing.replace("{versions}", "(SELECT 1 AS sign, loan.* FROM loans_loan AS loan)")
    return _text("standing_tables").replace("{standing}", changed).replace("{standing_of_all}", every_loan)


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0010_rate_link"),
        ("parties", "0005_non_accrual_profile"),
    ]

    operations = [
        migrations.CreateModel(
            name="Standing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("product_code", models.CharField(max_length=60)),
                ("suspended", models.BooleanField()),
                ("principal_fen", models.BigIntegerField()),
                ("accrued_interest_fen", models.BigIntegerField()),
                ("interest_receivable_fen", models.BigIntegerField()),
                ("penalty_receivable_fen", models.BigIntegerField()),
                ("fee_receivable_fen", models.BigIntegerField()),
                ("loans", models.BigIntegerField()),
                ("owed_fen", models.BigIntegerField()),
                ("nights", django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), size=None)),
                ("night_loans", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("night_interest_fen", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("night_penalty_fen", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                (
                    "branch",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="parties.branch",
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, to="parties.institution"),
                ),
            ],
        ),
        migrations.RunSQL(_statements(), migrations.RunSQL.noop),
    ]
