"""Indexes for lists of large books: contracts that are not drawn, and loan numbers by their parts."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("loans", "0018_totals_quicker")]

    operations = [
        migrations.AddIndex(
            model_name="contract",
            index=models.Index(
                models.F("institution"), models.F("id").desc(), condition=~models.Q(status="drawn"), name="contract_not_drawn"
            ),
        ),
        migrations.AddIndex(
            model_name="loannumber",
            index=GinIndex(models.Func(Upper("number"), models.Value("-"), function="string_to_array"), name="loan_number_parts"),
        ),
        # How often each part occurs is known only when they are counted.
        migrations.RunSQL("ANALYZE loans_loannumber", migrations.RunSQL.noop),
    ]
