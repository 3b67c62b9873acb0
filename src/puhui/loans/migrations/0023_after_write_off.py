"""What the books keep of a loan that is written off: the fee not earned by then, which lowers the loss, and what is waived of what was lost
(`calculations/posting.py`)."""

from django.db import migrations, models

COUNTERS = ("interest_waived_written_off", "penalty_waived_written_off", "fee_waived_written_off", "fee_deferred_written_off")


class Migration(migrations.Migration):
    dependencies = [("loans", "0022_called_in")]

    operations = [migrations.AddField("loan", f"{counter}_fen", models.BigIntegerField(default=0)) for counter in COUNTERS]
