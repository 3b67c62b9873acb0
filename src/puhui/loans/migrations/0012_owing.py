"""An index of the loans from which a debit may take something; room in the pages of the accounts that debits change."""

from django.db import migrations, models

ROOM = "ALTER TABLE loans_debitaccount SET (fillfactor = 90)"


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0011_standing"),
        ("parties", "0005_non_accrual_profile"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="loan", name="loan_overdue"),
        migrations.AddIndex(
            model_name="loan",
            index=models.Index(
                condition=models.Q(
                    ("overdue_since__isnull", False), ("penalty_earned_fen__gt", models.F("penalty_paid_fen")), _connector="OR"
                ),
                fields=["institution", "firm"],
                name="loan_owing",
            ),
        ),
        migrations.RunSQL(ROOM, "ALTER TABLE loans_debitaccount RESET (fillfactor)"),
    ]
