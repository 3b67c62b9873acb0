import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Application',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product_code', models.CharField(max_length=60)),
                ('amount_fen', models.BigIntegerField()),
                ('term_months', models.IntegerField()),
                ('purpose', models.CharField(max_length=200)),
                ('channel', models.CharField(max_length=24)),
                ('key', models.CharField(max_length=100)),
                ('business_date', models.DateField()),
                ('submitted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('submitted_by', models.CharField(max_length=150)),
                ('status', models.CharField(choices=[('submitted', 'Submitted'), ('referred', 'Referred'), ('refused', 'Refused'), ('offered', 'Offered'), ('accepted', 'Accepted'), ('declined', 'Declined'), ('expired', 'Expired')], default='submitted', max_length=12)),
            ],
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business_date', models.DateField()),
                ('outcome', models.CharField(choices=[('approve', 'Approve'), ('refer', 'Refer'), ('refuse', 'Refuse')], max_length=8)),
                ('risk_class', models.CharField(blank=True, max_length=2)),
                ('probability_ppm', models.IntegerField(null=True)),
                ('points', models.IntegerField(null=True)),
                ('limit_fen', models.BigIntegerField()),
                ('amount_fen', models.BigIntegerField()),
                ('rate_ppm', models.IntegerField(null=True)),
                ('authority', models.CharField(max_length=24)),
                ('record', models.JSONField()),
                ('digest', models.CharField(max_length=64)),
                ('decided_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('duration_microseconds', models.BigIntegerField(default=0)),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
        migrations.CreateModel(
            name='Exposure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reserved_fen', models.BigIntegerField()),
                ('outstanding_fen', models.BigIntegerField(default=0)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_fen', models.BigIntegerField()),
                ('rate_ppm', models.IntegerField()),
                ('terms', models.JSONField()),
                ('annual_cost_ppm', models.IntegerField()),
                ('expires_on', models.DateField()),
                ('status', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('declined', 'Declined'), ('expired', 'Expired')], default='open', max_length=12)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('answered_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('approve', 'Approve'), ('refer', 'Refer'), ('refuse', 'Refuse')], max_length=8)),
                ('amount_fen', models.BigIntegerField(null=True)),
                ('rate_ppm', models.IntegerField(null=True)),
                ('reason', models.TextField()),
                ('deviations', models.JSONField(default=dict)),
                ('level', models.CharField(blank=True, max_length=24)),
                ('reviewed_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
    ]
