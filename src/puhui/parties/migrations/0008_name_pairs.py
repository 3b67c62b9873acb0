"""An index of the pairs of characters in firms' names: a part of a name is found without reading every name (`parties/sql/pairs.sql`)."""

from importlib import resources

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0007_audit_without_look_up")]

    operations = [
        migrations.RunSQL(
            resources.files("puhui.parties").joinpath("sql/pairs.sql").read_text(encoding="utf-8"), "DROP FUNCTION parties_pairs"
        ),
        migrations.AddIndex(model_name="firm", index=GinIndex(models.Func("name", function="parties_pairs"), name="firm_name_pairs")),
        # How often each part occurs is known only when they are counted.
        migrations.RunSQL("ANALYZE parties_firm", migrations.RunSQL.noop),
    ]
