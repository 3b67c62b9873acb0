import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('books', '0001_initial'),
        ('parties', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='account',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='accountday',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='books.account'),
        ),
        migrations.AddField(
            model_name='accountday',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='closedday',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='entry',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='credit_account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='books.account'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='debit_account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='books.account'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='books.entry'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.UniqueConstraint(fields=('institution', 'code', 'currency'), name='account_code_once'),
        ),
        migrations.AddConstraint(
            model_name='accountday',
            constraint=models.UniqueConstraint(fields=('institution', 'account', 'date'), name='account_day_once'),
        ),
        migrations.AddConstraint(
            model_name='closedday',
            constraint=models.UniqueConstraint(fields=('institution', 'date'), name='day_closed_once'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['institution', 'posting_date', 'id'], name='books_entry_institu_5130fd_idx'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['loan_id'], name='books_entry_loan_id_f2ef02_idx'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['institution', 'posting_date', 'id'], name='books_trans_institu_be1471_idx'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['loan_id'], name='books_trans_loan_id_869447_idx'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0)), name='transfer_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('debit_account', models.F('credit_account')), _negated=True), name='transfer_between_two_accounts'),
        ),
    ]
