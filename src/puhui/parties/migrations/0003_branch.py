"""The tree of branches; each lender that there is gets its head office."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0002_functions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Branch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=32)),
                ("name", models.CharField(max_length=200)),
                (
                    "institution",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="branches", to="parties.institution"),
                ),
                (
                    "parent",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="children", to="parties.branch"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("institution", "code"), name="branch_code_once"),
                    models.UniqueConstraint(condition=models.Q(("parent", None)), fields=("institution",), name="one_head_branch"),
                ],
            },
        ),
        migrations.RunSQL(
            "INSERT INTO parties_branch (institution_id, code, name) SELECT id, code, name FROM parties_institution",
            migrations.RunSQL.noop,
        ),
    ]
