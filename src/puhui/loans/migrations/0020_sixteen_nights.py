"""The totals of all loans are added up sixteen nights in a line (`loans/sql/standing.sql`): the trigger's function is made anew with it."""

from importlib import import_module

from django.db import migrations

FUNCTION = import_module("puhui.loans.migrations.0018_totals_quicker").FUNCTION


class Migration(migrations.Migration):
    dependencies = [("loans", "0019_lists")]

    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]
