"""Documents read from PDF or scan wait for a person; when consent has ended they are deleted with the rest."""

from importlib import resources

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

DELETION = resources.files("puhui.evidence").joinpath("sql/deletion_with_documents.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [
        ("evidence", "0004_deletion"),
        ("parties", "0006_match_acts"),
    ]

    operations = [
        migrations.CreateModel(
            name="PaperDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("evidence_class", models.CharField(max_length=4)),
                ("file_name", models.CharField(max_length=255)),
                ("file_digest", models.CharField(max_length=64)),
                ("content", models.BinaryField()),
                ("reading", models.JSONField()),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("received_by", models.CharField(max_length=150)),
                ("firm", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="parties.firm")),
                ("institution", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="parties.institution")),
            ],
            options={
                "db_table_comment": "append-only",
            },
        ),
        migrations.CreateModel(
            name="DocumentReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("outcome", models.CharField(choices=[("taken_in", "Taken In"), ("set_aside", "Set Aside")], max_length=9)),
                ("corrections", models.JSONField(default=dict)),
                ("as_printed", models.BooleanField(default=False)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("reviewed_by", models.CharField(max_length=150)),
                ("reviewed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("batch", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="evidence.batch")),
                (
                    "document",
                    models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="review", to="evidence.paperdocument"),
                ),
            ],
            options={
                "db_table_comment": "append-only",
            },
        ),
        migrations.AddConstraint(
            model_name="paperdocument",
            constraint=models.UniqueConstraint(fields=("firm", "evidence_class", "file_digest"), name="paper_document_once"),
        ),
        migrations.RunSQL(DELETION, migrations.RunSQL.noop),
    ]
