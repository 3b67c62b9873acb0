"""Loans and instalments in partitions, nights as shapes, events without look-ups. The tables are made in `loans/sql/storage.sql`."""

from importlib import resources

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

COUNTERS_ADDED = (
    "principal_waived",
    "interest_waived",
    "penalty_waived",
    "fee_waived",
    "interest_suspended",
    "accrued_interest_suspended",
    "penalty_suspended",
    "principal_written_off",
    "interest_written_off",
    "penalty_written_off",
    "fee_written_off",
    "interest_tax",
    "penalty_tax",
    "fee_tax",
    "tax_waiting",
    "fee_deferred",
    "fee_amortised",
    "undrawn",
)
STORAGE = resources.files("puhui.loans").joinpath("sql/storage.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("loans", "0002_initial"), ("parties", "0002_functions")]

    operations = [
        migrations.CreateModel(
            name="NightShape",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("units", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
            ],
            options={
                "db_table_comment": "append-only",
                "indexes": [models.Index(fields=["last"], name="loans_night_last_6fdc97_idx")],
            },
        ),
        migrations.CreateModel(
            name="LoanNumber",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40)),
                ("loan_id", models.BigIntegerField()),
                (
                    "institution",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.institution"),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "SET CONSTRAINTS ALL IMMEDIATE;"
                    + resources.files("puhui.loans").joinpath("sql/storage.sql").read_text(encoding="utf-8")
                )
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="loan", name="loan_number_once"),
                migrations.RemoveConstraint(model_name="instalment", name="instalment_once"),
                migrations.RemoveField(model_name="instalment", name="id"),
                migrations.AddField(
                    model_name="instalment",
                    name="pk",
                    field=models.CompositePrimaryKey("loan_id", "number", blank=True, editable=False, primary_key=True, serialize=False),
                ),
                *(
                    migrations.AddField(model_name="loan", name=name, field=models.BigIntegerField(null=True))
                    for name in ("run_shape", "run_offset", "run_product", "run_denominator")
                ),
                *(
                    migrations.AddField(model_name="loan", name=f"{name}_fen", field=models.BigIntegerField(default=0))
                    for name in COUNTERS_ADDED
                ),
                *(
                    migrations.AddField(model_name="loan", name=name, field=models.IntegerField(default=0))
                    for name in ("interest_tax_ppm", "fee_tax_ppm")
                ),
                migrations.AddField(model_name="loan", name="next_number", field=models.IntegerField(null=True)),
                *(
                    migrations.AddField(model_name="instalment", name=name, field=models.BigIntegerField(null=True))
                    for name in ("run_shape", "run_product", "run_denominator")
                ),
                migrations.AddIndex(
                    model_name="loan",
                    index=models.Index(
                        condition=models.Q(("overdue_since__isnull", False)), fields=["institution", "firm"], name="loan_overdue"
                    ),
                ),
                migrations.AlterField(
                    model_name="instalment",
                    name="loan",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="instalments",
                        to="loans.loan",
                    ),
                ),
            ],
        ),
        migrations.AlterField(
            model_name="event",
            name="institution",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.institution"
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="loan",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="events", to="loans.loan"
            ),
        ),
        migrations.AddIndex(model_name="event", index=models.Index(fields=["institution", "known_on"], name="event_known_on")),
        migrations.AddConstraint(
            model_name="loannumber",
            constraint=models.UniqueConstraint(fields=("institution", "number"), name="loan_number_once"),
        ),
    ]
