"""Expected credit loss at month ends: runs, and a row for each loan in each."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0005_credit_and_classes"),
        ("parties", "0004_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="LossDetail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("run_date", models.DateField()),
                ("loan_id", models.BigIntegerField()),
                ("branch_id", models.BigIntegerField()),
                ("product_code", models.CharField(max_length=60)),
                ("stage", models.SmallIntegerField()),
                ("reason", models.CharField(max_length=16)),
                ("clean_since", models.DateField(null=True)),
                ("days_past_due", models.IntegerField()),
                ("risk_class", models.CharField(max_length=16)),
                ("security", models.CharField(max_length=12)),
                ("probability_ppm", models.IntegerField()),
                ("lgd_ppm", models.IntegerField()),
                ("rate_ppm", models.IntegerField()),
                ("principal_fen", models.BigIntegerField()),
                ("exposure_fen", models.BigIntegerField()),
                ("undrawn_fen", models.BigIntegerField()),
                ("loss_fen", models.BigIntegerField()),
                ("commitment_loss_fen", models.BigIntegerField()),
                ("institution", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.institution")),
            ],
            options={
                "db_table_comment": "append-only",
                "constraints": [models.UniqueConstraint(fields=("institution", "run_date", "loan_id"), name="loss_detail_once")],
            },
        ),
        migrations.CreateModel(
            name="LossRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField()),
                ("rules", models.JSONField()),
                ("figures", models.JSONField()),
                ("entry_ids", models.JSONField(default=list)),
                ("recorded_by", models.CharField(max_length=150)),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("institution", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.institution")),
            ],
            options={
                "db_table_comment": "append-only",
                "constraints": [models.UniqueConstraint(fields=("institution", "date"), name="loss_run_once")],
            },
        ),
    ]
