"""A repayment of what falls due in few statements (`loans/sql/repay_once.sql`); commands and outbox need not look the institution up.

The function's writer holds the institution's day, and an institution with books cannot be removed: docs/decisions/0014.
"""

from importlib import resources

import django.db.models.deletion
from django.db import migrations, models

FUNCTION = resources.files("puhui.loans").joinpath("sql/repay_once.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0012_owing"),
        ("parties", "0005_non_accrual_profile"),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, migrations.RunSQL.noop),
        *(
            migrations.AlterField(
                model_name=name,
                name="institution",
                field=models.ForeignKey(
                    db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.institution"
                ),
            )
            for name in ("command", "outbox")
        ),
    ]
