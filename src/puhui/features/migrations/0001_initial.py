import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Snapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateField()),
                ('evidence_batch_id', models.BigIntegerField(null=True)),
                ('catalogue_digest', models.CharField(max_length=64)),
                ('values', models.JSONField()),
                ('null_reasons', models.JSONField(default=dict)),
                ('digest', models.CharField(max_length=64)),
                ('computed_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
    ]
