"""One repayment of what falls due as one database function (`loans/sql/repay_due.sql`)."""

from importlib import resources

from django.db import migrations

FUNCTION = resources.files("puhui.loans").joinpath("sql/repay_due.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("loans", "0007_branch_and_settling")]

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION loans_repay_due;")]
