import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('evidence_class', models.CharField(max_length=4)),
                ('source', models.CharField(max_length=100)),
                ('file_name', models.CharField(max_length=255)),
                ('file_digest', models.CharField(max_length=64)),
                ('mapping', models.JSONField(default=dict)),
                ('counts', models.JSONField(default=dict)),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('received_by', models.CharField(max_length=150)),
            ],
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_number', models.IntegerField()),
                ('direction', models.CharField(choices=[('out', 'Sale'), ('in', 'Purchase')], max_length=3)),
                ('invoice_code', models.CharField(blank=True, max_length=20)),
                ('invoice_number', models.CharField(max_length=40)),
                ('issued_on', models.DateField()),
                ('issued_hour', models.SmallIntegerField(null=True)),
                ('counterparty', models.CharField(blank=True, max_length=200)),
                ('kind', models.CharField(blank=True, max_length=8)),
                ('status', models.CharField(choices=[('normal', 'Normal'), ('red', 'Red'), ('blank', 'Blank'), ('void', 'Void')], max_length=6)),
                ('amount_fen', models.BigIntegerField()),
                ('tax_fen', models.BigIntegerField()),
                ('total_fen', models.BigIntegerField()),
                ('known_at', models.DateTimeField()),
                ('known_at_assumed', models.BooleanField()),
                ('received_at', models.DateTimeField()),
                ('duplicate', models.BooleanField()),
                ('flags', models.IntegerField(default=0)),
                ('content_key', models.UUIDField()),
                ('identity_key', models.UUIDField()),
                ('occurrence', models.SmallIntegerField()),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
        migrations.CreateModel(
            name='InvoiceReplacement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('known_at', models.DateTimeField()),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
        migrations.CreateModel(
            name='ReadLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('evidence_class', models.CharField(max_length=4)),
                ('purpose', models.CharField(max_length=40)),
                ('reader', models.CharField(max_length=150)),
                ('read_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
    ]
