import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='StoredDocument',
            fields=[
                ('digest', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=24)),
                ('name', models.CharField(max_length=100)),
                ('body', models.JSONField()),
                ('stored_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
    ]
