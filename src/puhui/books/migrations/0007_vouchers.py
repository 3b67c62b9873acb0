"""That vouchers of a day were given to the bank's own general ledger."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0006_pending"),
        ("parties", "0004_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="VoucherDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField()),
                ("reversals", models.CharField(max_length=4)),
                ("line_count", models.IntegerField()),
                ("total_fen", models.BigIntegerField()),
                ("content_digest", models.BinaryField(max_length=32)),
                ("delivered_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("delivered_by", models.CharField(max_length=150)),
                ("institution", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="parties.institution")),
            ],
            options={
                "db_table_comment": "append-only",
                "constraints": [
                    models.UniqueConstraint(fields=("institution", "date", "reversals", "content_digest"), name="vouchers_delivered_once")
                ],
            },
        ),
    ]
