"""The profile of non-accrual of each loan, and what month ends hold back of its interest."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0008_repay_due"),
    ]

    operations = [
        migrations.AddField(
            model_name="loan",
            name="non_accrual_profile",
            field=models.CharField(default="house_rule", max_length=12),
        ),
        migrations.AddField(
            model_name="lossdetail",
            name="earned_fen",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="lossdetail",
            name="held_back_fen",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="lossdetail",
            name="unpaid_fen",
            field=models.BigIntegerField(default=0),
        ),
    ]
