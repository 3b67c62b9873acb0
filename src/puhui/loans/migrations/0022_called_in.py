"""A loan called in is late like any other: the kept versions tell since when, and the totals use it (`loans/sql/standing.sql`)."""

from importlib import import_module

from django.db import migrations

_VERSIONS = import_module("puhui.loans.migrations.0014_loan_versions")
_COLUMNS = ", ".join(_VERSIONS.COLUMNS)


def _function() -> str:
    text = import_module("puhui.loans.migrations.0018_totals_quicker").FUNCTION
    return str(text).replace(_COLUMNS, f"{_COLUMNS}, overdue_since")


class Migration(migrations.Migration):
    dependencies = [("loans", "0021_facts_of_looks")]

    operations = [
        migrations.RunSQL("ALTER TABLE loans_version ADD COLUMN overdue_since date", migrations.RunSQL.noop),
        migrations.RunSQL(_function(), migrations.RunSQL.noop),
    ]
