"""A repayment's key under the day's gate, with its digest made by the database (`loans/sql/repay_gated.sql`); done commands by key only."""

from importlib import resources

from django.db import migrations, models

FUNCTION = resources.files("puhui.loans").joinpath("sql/repay_gated.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("loans", "0014_loan_versions")]

    operations = [
        migrations.RunSQL(FUNCTION, migrations.RunSQL.noop),
        migrations.RemoveIndex("command", "command_of_target"),
        migrations.AddIndex(
            "command",
            models.Index(fields=["target_kind", "target_id"], condition=models.Q(status="waiting"), name="command_of_target"),
        ),
    ]
