"""An index of the offers that are open: each night asks which of them run out, and nearly all offers are answered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0006_visits")]

    operations = [
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(condition=models.Q(("status", "open")), fields=["institution", "expires_on"], name="offer_open"),
        ),
    ]
