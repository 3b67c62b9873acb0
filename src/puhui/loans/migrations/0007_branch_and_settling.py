"""The branch that a loan belongs to, and what the day end's SQL computes with (`loans/sql/settling.sql`)."""

from importlib import resources

import django.db.models.deletion
from django.db import migrations, models

FUNCTIONS = resources.files("puhui.loans").joinpath("sql/settling.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("loans", "0006_losses"), ("parties", "0003_branch"), ("books", "0005_branches")]

    operations = [
        migrations.AddField(
            model_name="loan",
            name="branch",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="parties.branch"
            ),
        ),
        migrations.RunSQL(FUNCTIONS, "DROP FUNCTION loans_tax_inside;"),
    ]
