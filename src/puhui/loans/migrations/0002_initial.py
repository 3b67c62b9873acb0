import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('decisions', '0002_initial'),
        ('loans', '0001_initial'),
        ('parties', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='contract',
            name='firm',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contracts', to='parties.firm'),
        ),
        migrations.AddField(
            model_name='contract',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='contract',
            name='offer',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, to='decisions.offer'),
        ),
        migrations.AddField(
            model_name='condition',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conditions', to='loans.contract'),
        ),
        migrations.AddField(
            model_name='dayendstep',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='debitaccount',
            name='firm',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='debit_account', to='parties.firm'),
        ),
        migrations.AddField(
            model_name='debitaccount',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='event',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='loan',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='loans', to='loans.contract'),
        ),
        migrations.AddField(
            model_name='loan',
            name='firm',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='loans', to='parties.firm'),
        ),
        migrations.AddField(
            model_name='loan',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='instalment',
            name='loan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='instalments', to='loans.loan'),
        ),
        migrations.AddField(
            model_name='event',
            name='loan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='loans.loan'),
        ),
        migrations.AddField(
            model_name='setaside',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='setaside',
            name='loan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='loans.loan'),
        ),
        migrations.AddField(
            model_name='signature',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='loans.contract'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.UniqueConstraint(fields=('institution', 'number'), name='contract_number_once'),
        ),
        migrations.AddConstraint(
            model_name='condition',
            constraint=models.UniqueConstraint(fields=('contract', 'code'), name='condition_once'),
        ),
        migrations.AddConstraint(
            model_name='dayendstep',
            constraint=models.UniqueConstraint(fields=('institution', 'date', 'step'), name='day_end_step_once'),
        ),
        migrations.AddConstraint(
            model_name='debitaccount',
            constraint=models.CheckConstraint(condition=models.Q(('balance_fen__gte', 0)), name='debit_account_not_negative'),
        ),
        migrations.AddIndex(
            model_name='loan',
            index=models.Index(condition=models.Q(('next_action_date__isnull', False)), fields=['institution', 'next_action_date'], name='loan_next_action'),
        ),
        migrations.AddIndex(
            model_name='loan',
            index=models.Index(fields=['firm'], name='loans_loan_firm_id_4be7e6_idx'),
        ),
        migrations.AddConstraint(
            model_name='loan',
            constraint=models.UniqueConstraint(fields=('institution', 'number'), name='loan_number_once'),
        ),
        migrations.AddConstraint(
            model_name='instalment',
            constraint=models.UniqueConstraint(fields=('loan', 'number'), name='instalment_once'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.UniqueConstraint(fields=('institution', 'key'), name='event_once'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.UniqueConstraint(fields=('loan', 'number'), name='event_number_once'),
        ),
    ]
