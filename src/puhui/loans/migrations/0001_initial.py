import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('decisions', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Condition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40)),
                ('met_at', models.DateTimeField(null=True)),
                ('met_by', models.CharField(blank=True, max_length=150)),
                ('evidence', models.CharField(blank=True, max_length=300)),
                ('checked_at', models.DateTimeField(null=True)),
                ('checked_by', models.CharField(blank=True, max_length=150)),
            ],
        ),
        migrations.CreateModel(
            name='DayEndStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField()),
                ('step', models.CharField(max_length=24)),
                ('figures', models.JSONField(default=dict)),
                ('finished_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='DebitAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('balance_fen', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('type', models.CharField(max_length=16)),
                ('date', models.DateField()),
                ('known_on', models.DateField()),
                ('amount_fen', models.BigIntegerField(null=True)),
                ('detail', models.JSONField(default=dict)),
                ('key', models.CharField(max_length=120)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('recorded_by', models.CharField(max_length=150)),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
        migrations.CreateModel(
            name='Instalment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('start', models.DateField()),
                ('due', models.DateField()),
                ('principal_fen', models.BigIntegerField()),
                ('interest_fen', models.BigIntegerField()),
                ('fee_fen', models.BigIntegerField(default=0)),
                ('penalty_fen', models.BigIntegerField(default=0)),
                ('compound_fen', models.BigIntegerField(default=0)),
                ('paid_fen', models.BigIntegerField(default=0)),
                ('balance_fen', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Loan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=40)),
                ('product_code', models.CharField(max_length=60)),
                ('risk_class', models.CharField(max_length=2)),
                ('probability_ppm', models.IntegerField()),
                ('terms', models.JSONField()),
                ('amount_fen', models.BigIntegerField()),
                ('rate_ppm', models.IntegerField()),
                ('start', models.DateField()),
                ('maturity', models.DateField()),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('state_date', models.DateField()),
                ('status', models.CharField(max_length=12)),
                ('overdue_since', models.DateField(null=True)),
                ('lent_fen', models.BigIntegerField(default=0)),
                ('principal_repaid_fen', models.BigIntegerField(default=0)),
                ('interest_earned_fen', models.BigIntegerField(default=0)),
                ('interest_due_fen', models.BigIntegerField(default=0)),
                ('interest_paid_fen', models.BigIntegerField(default=0)),
                ('penalty_earned_fen', models.BigIntegerField(default=0)),
                ('penalty_paid_fen', models.BigIntegerField(default=0)),
                ('fee_due_fen', models.BigIntegerField(default=0)),
                ('fee_paid_fen', models.BigIntegerField(default=0)),
                ('overpaid_fen', models.BigIntegerField(default=0)),
                ('interest_path', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('penalty_path', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('next_action_date', models.DateField(null=True)),
                ('event_count', models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='SetAside',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField()),
                ('reason', models.TextField()),
                ('resolved_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('party', models.CharField(max_length=24)),
                ('signer', models.CharField(max_length=150)),
                ('method', models.CharField(max_length=40)),
                ('text_digest', models.CharField(max_length=64)),
                ('evidence', models.JSONField(default=dict)),
                ('signed_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
        migrations.CreateModel(
            name='Contract',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=40)),
                ('product_code', models.CharField(max_length=60)),
                ('amount_fen', models.BigIntegerField()),
                ('terms', models.JSONField()),
                ('text', models.TextField()),
                ('text_digest', models.CharField(max_length=64)),
                ('status', models.CharField(choices=[('drafted', 'Drafted'), ('signed', 'Signed'), ('cleared', 'Cleared'), ('drawn', 'Drawn'), ('cancelled', 'Cancelled')], default='drafted', max_length=12)),
                ('drafted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='decisions.decision')),
            ],
        ),
    ]
