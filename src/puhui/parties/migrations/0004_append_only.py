"""The trigger function of tables that only grow. Its text is in `parties/sql/append_only.sql`; `site.database` puts it on the tables."""

from importlib import resources

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("parties", "0003_branch")]

    operations = [
        migrations.RunSQL(
            resources.files("puhui.parties").joinpath("sql/append_only.sql").read_text(encoding="utf-8"),
            "DROP FUNCTION parties_refuse_change CASCADE",
        )
    ]
