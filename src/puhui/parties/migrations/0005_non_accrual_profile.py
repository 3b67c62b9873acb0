"""How an institution keeps interest of loans that do not pay out of income."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0004_append_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="institution",
            name="non_accrual_profile",
            field=models.CharField(choices=[("house_rule", "House Rule"), ("cas_22", "Cas 22")], default="house_rule", max_length=12),
        ),
    ]
