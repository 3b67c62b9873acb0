"""Accounts by branch and product. Those that are open stand at the head office, without a product, and keep the digest they have."""

from importlib import resources

import django.db.models.deletion
from django.db import migrations, models

_FILL = """
    UPDATE books_account AS account SET branch_id = branch.id, version = 1
      FROM parties_branch AS branch
     WHERE branch.institution_id = account.institution_id AND branch.parent_id IS NULL;
    SET CONSTRAINTS ALL IMMEDIATE
"""


class Migration(migrations.Migration):
    dependencies = [("books", "0004_common_accounts"), ("parties", "0003_branch")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="branch",
            field=models.ForeignKey(null=True, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.branch"),
        ),
        migrations.AddField(model_name="account", name="product_code", field=models.CharField(blank=True, default="", max_length=60)),
        migrations.AddField(model_name="account", name="version", field=models.SmallIntegerField(default=2)),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="account",
            name="branch",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.branch"),
        ),
        migrations.AlterField(
            model_name="account",
            name="institution",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.institution"),
        ),
        migrations.RemoveConstraint(model_name="account", name="account_code_once"),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(fields=["institution", "code", "branch", "product_code", "currency"], name="account_once"),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="entry",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="transfers", to="books.entry"
            ),
        ),
        migrations.RunSQL(resources.files("puhui.books").joinpath("sql/branches.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop),
    ]
