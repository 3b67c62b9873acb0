"""Why somebody left a household is kept; who left may come back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0009_people_who_borrow")]

    operations = [
        migrations.RemoveConstraint(model_name="firmperson", name="person_role_once_per_firm"),
        migrations.AddField(
            model_name="firmperson",
            name="left_because",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddConstraint(
            model_name="firmperson",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until", None)), fields=("firm", "person", "role"), name="person_role_once_per_firm"
            ),
        ),
    ]
