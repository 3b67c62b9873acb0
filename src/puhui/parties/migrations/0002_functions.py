"""The database functions of parties: day's gate, audit trail, tally. Their text is in `parties/sql/functions.sql`."""

from importlib import resources

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_initial")]

    operations = [
        migrations.RunSQL(
            resources.files("puhui.parties").joinpath("sql/functions.sql").read_text(encoding="utf-8"),
            """
            DROP FUNCTION parties_record_audit, parties_add_to_tally, parties_audit_text, parties_digest_number,
                parties_microseconds, parties_day_number, parties_digest, parties_begin_closing, parties_hold_day,
                parties_enter_day;
            """,
        )
    ]
