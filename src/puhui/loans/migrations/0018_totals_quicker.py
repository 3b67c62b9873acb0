"""The totals of all loans are added up by a quicker text (`loans/sql/standing.sql`): the trigger's function is made anew with it."""

from importlib import import_module

from django.db import migrations

_MADE = import_module("puhui.loans.migrations.0014_loan_versions")._statements()
FUNCTION = _MADE[_MADE.index("CREATE OR REPLACE FUNCTION") :]


class Migration(migrations.Migration):
    dependencies = [("loans", "0017_collateral")]

    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]
