"""Evidence may be deleted when consent has ended, by one function that leaves a proof."""

from importlib import resources

import django.db.models.deletion
from django.db import migrations, models

DELETION = resources.files("puhui.evidence").joinpath("sql/deletion.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [
        ("evidence", "0003_records"),
        ("parties", "0005_non_accrual_profile"),
    ]

    operations = [
        migrations.CreateModel(
            name="EvidenceDeletion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("evidence_class", models.CharField(max_length=4)),
                ("consent_ended_on", models.DateField()),
                ("reason", models.CharField(choices=[("consent_ended", "Consent Ended"), ("firm_asked", "Firm Asked")], max_length=16)),
                ("deleted_by", models.CharField(max_length=150)),
                ("deleted_at", models.DateTimeField()),
                ("business_date", models.DateField()),
                ("last_batch_id", models.BigIntegerField()),
                ("counts", models.JSONField()),
                ("content_digest", models.CharField(max_length=64)),
                ("consent", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="parties.consent")),
                ("firm", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="parties.firm")),
                ("institution", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="parties.institution")),
            ],
            options={
                "db_table_comment": "append-only",
                "indexes": [models.Index(fields=["firm", "deleted_at"], name="evidence_ev_firm_id_68dbe1_idx")],
            },
        ),
        migrations.RunSQL(DELETION, "DROP FUNCTION evidence_delete"),
    ]
