import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=16)),
                ('name', models.CharField(max_length=100)),
                ('name_english', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('asset', 'Asset'), ('liability', 'Liability'), ('equity', 'Equity'), ('income', 'Income'), ('expense', 'Expense'), ('memo', 'Memo')], max_length=12)),
                ('currency', models.CharField(default='CNY', max_length=3)),
                ('opened_on', models.DateField()),
                ('digest', models.BinaryField(max_length=32)),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
        migrations.CreateModel(
            name='AccountDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField()),
                ('debit_fen', models.BigIntegerField()),
                ('credit_fen', models.BigIntegerField()),
                ('balance_fen', models.BigIntegerField()),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
        migrations.CreateModel(
            name='ClosedDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField()),
                ('entry_count', models.BigIntegerField()),
                ('transfer_count', models.BigIntegerField()),
                ('audit_count', models.BigIntegerField()),
                ('total_fen', models.BigIntegerField()),
                ('entries_digest', models.BinaryField(max_length=32)),
                ('audit_digest', models.BinaryField(max_length=32)),
                ('accounts_digest', models.BinaryField(max_length=32)),
                ('totals_digest', models.BinaryField(max_length=32)),
                ('previous_digest', models.BinaryField(max_length=32)),
                ('chain_digest', models.BinaryField(max_length=32)),
                ('closed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_by', models.CharField(max_length=150)),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(max_length=32)),
                ('posting_date', models.DateField()),
                ('effective_date', models.DateField()),
                ('loan_id', models.BigIntegerField(null=True)),
                ('event_id', models.BigIntegerField(null=True)),
                ('reference', models.CharField(blank=True, max_length=200)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('recorded_by', models.CharField(max_length=150)),
                ('digest', models.BinaryField(max_length=32)),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
        migrations.CreateModel(
            name='Transfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('posting_date', models.DateField()),
                ('amount_fen', models.BigIntegerField()),
                ('loan_id', models.BigIntegerField(null=True)),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
    ]
