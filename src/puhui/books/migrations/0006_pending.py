"""Transfers that wait for somebody outside, and what became of them."""

from importlib import resources

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0005_branches"),
        ("parties", "0004_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="Pending",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120)),
                ("debit_code", models.CharField(max_length=16)),
                ("credit_code", models.CharField(max_length=16)),
                ("amount_fen", models.BigIntegerField()),
                ("product_code", models.CharField(blank=True, default="", max_length=60)),
                ("loan_id", models.BigIntegerField(null=True)),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("digest", models.BinaryField(max_length=32)),
                ("branch", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="parties.branch")),
                ("entry", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="pending", to="books.entry")),
                ("institution", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="parties.institution")),
            ],
            options={
                "db_table_comment": "append-only",
            },
        ),
        migrations.CreateModel(
            name="PendingEnd",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("posted_fen", models.BigIntegerField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("digest", models.BinaryField(max_length=32)),
                ("entry", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="pending_end", to="books.entry")),
                ("institution", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="parties.institution")),
                ("pending", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="end", to="books.pending")),
            ],
            options={
                "db_table_comment": "append-only",
            },
        ),
        migrations.AddConstraint(
            model_name="pending",
            constraint=models.UniqueConstraint(fields=("institution", "key"), name="pending_once"),
        ),
        migrations.AddConstraint(
            model_name="pending",
            constraint=models.CheckConstraint(condition=models.Q(("amount_fen__gt", 0)), name="pending_amount_positive"),
        ),
        migrations.RunSQL(resources.files("puhui.books").joinpath("sql/pending.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop),
    ]
