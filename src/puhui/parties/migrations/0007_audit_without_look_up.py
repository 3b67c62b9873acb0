"""Audit records are written by functions that hold the institution's day; the database need not look it up again: docs/decisions/0014."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0006_match_acts")]

    operations = [
        migrations.AlterField(
            model_name="auditrecord",
            name="institution",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.institution"
            ),
        ),
    ]
