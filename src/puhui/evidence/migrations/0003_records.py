"""Records of all classes by their layouts, series of readings in partitions, and what each batch brought of each firm."""

from importlib import resources

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

SERIES_STORAGE = resources.files("puhui.evidence").joinpath("sql/series_storage.sql").read_text(encoding="utf-8")
# Invoices that are there already, by batch and firm.
BATCH_FIRMS = """
    INSERT INTO evidence_batchfirm (batch_id, firm_id, record, row_count, first_observed_on, last_observed_on)
    SELECT batch_id, firm_id, 'invoice', count(*), min(issued_on), max(issued_on) FROM evidence_invoice GROUP BY batch_id, firm_id;
    SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("evidence", "0002_initial"),
        ("parties", "0005_non_accrual_profile"),
    ]

    operations = [
        migrations.CreateModel(
            name="BatchFirm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("record", models.CharField(max_length=40)),
                ("row_count", models.IntegerField()),
                ("first_observed_on", models.DateField()),
                ("last_observed_on", models.DateField()),
                ("batch", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="firms", to="evidence.batch")),
                ("firm", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.firm")),
            ],
            options={
                "db_table_comment": "append-only",
                "constraints": [models.UniqueConstraint(fields=("firm", "batch", "record"), name="batch_firm_once")],
            },
        ),
        migrations.CreateModel(
            name="Record",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("record", models.CharField(max_length=40)),
                ("row_number", models.IntegerField()),
                ("observed_on", models.DateField()),
                ("known_at", models.DateTimeField()),
                ("known_at_assumed", models.BooleanField()),
                ("received_at", models.DateTimeField()),
                ("content", models.JSONField()),
                ("content_key", models.UUIDField()),
                ("identity_key", models.UUIDField()),
                ("occurrence", models.SmallIntegerField()),
                (
                    "batch",
                    models.ForeignKey(
                        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="evidence.batch"
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.firm"),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.institution"
                    ),
                ),
            ],
            options={
                "db_table_comment": "append-only",
                "constraints": [models.UniqueConstraint(fields=("firm", "record", "content_key", "occurrence"), name="record_once")],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SERIES_STORAGE, "DROP TABLE evidence_seriesmonth")],
            state_operations=[
                migrations.CreateModel(
                    name="SeriesMonth",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("record", models.CharField(max_length=40)),
                        ("series_key", models.UUIDField()),
                        ("key", models.JSONField()),
                        ("month", models.DateField()),
                        ("known_at_assumed", models.BooleanField()),
                        ("received_at", models.DateTimeField()),
                        ("days", django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None)),
                        ("row_numbers", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                        ("known_at", django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), size=None)),
                        ("fields", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), size=None)),
                        (
                            "values",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(null=True), size=None),
                                size=None,
                            ),
                        ),
                        (
                            "batch",
                            models.ForeignKey(
                                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="evidence.batch"
                            ),
                        ),
                        (
                            "firm",
                            models.ForeignKey(
                                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.firm"
                            ),
                        ),
                        (
                            "institution",
                            models.ForeignKey(
                                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.institution"
                            ),
                        ),
                    ],
                    options={
                        "db_table_comment": "append-only",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("firm", "batch", "record", "series_key", "month", "known_at_assumed"), name="series_month_once"
                            )
                        ],
                    },
                ),
            ],
        ),
        migrations.RunSQL(BATCH_FIRMS, migrations.RunSQL.noop),
    ]
