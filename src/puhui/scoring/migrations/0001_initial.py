import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('parties', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='RegisteredModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('digest', models.CharField(max_length=64)),
                ('body', models.JSONField()),
                ('card', models.TextField()),
                ('plots', models.JSONField(default=dict)),
                ('status', models.CharField(choices=[('candidate', 'Candidate'), ('champion', 'Champion'), ('retired', 'Retired')], default='candidate', max_length=12)),
                ('registered_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('registered_by', models.CharField(max_length=150)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('institution', 'digest'), name='model_once')],
            },
        ),
    ]
