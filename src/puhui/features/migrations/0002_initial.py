import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('features', '0001_initial'),
        ('parties', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='snapshot',
            name='firm',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='snapshots', to='parties.firm'),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddIndex(
            model_name='snapshot',
            index=models.Index(fields=['firm', '-as_of', '-id'], name='features_sn_firm_id_9509e5_idx'),
        ),
    ]
