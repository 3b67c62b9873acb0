import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('decisions', '0001_initial'),
        ('features', '0001_initial'),
        ('parties', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='application',
            name='firm',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='applications', to='parties.firm'),
        ),
        migrations.AddField(
            model_name='application',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='decision',
            name='application',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='decisions.application'),
        ),
        migrations.AddField(
            model_name='decision',
            name='firm',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.firm'),
        ),
        migrations.AddField(
            model_name='decision',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='decision',
            name='snapshot',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='features.snapshot'),
        ),
        migrations.AddField(
            model_name='exposure',
            name='decision',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='exposure', to='decisions.decision'),
        ),
        migrations.AddField(
            model_name='exposure',
            name='firm',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exposures', to='parties.firm'),
        ),
        migrations.AddField(
            model_name='exposure',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='offer',
            name='application',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='offer', to='decisions.application'),
        ),
        migrations.AddField(
            model_name='offer',
            name='decision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='decisions.decision'),
        ),
        migrations.AddField(
            model_name='offer',
            name='firm',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.firm'),
        ),
        migrations.AddField(
            model_name='offer',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='review',
            name='decision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='decisions.decision'),
        ),
        migrations.AddField(
            model_name='review',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='review',
            name='reviewer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='application',
            index=models.Index(fields=['institution', 'status', 'submitted_at'], name='decisions_a_institu_42ef4b_idx'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.UniqueConstraint(fields=('institution', 'key'), name='application_once'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['institution', 'business_date'], name='decisions_d_institu_50cab1_idx'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['firm'], name='decisions_d_firm_id_afdcb4_idx'),
        ),
        migrations.AddConstraint(
            model_name='exposure',
            constraint=models.CheckConstraint(condition=models.Q(('outstanding_fen__gte', 0), ('reserved_fen__gte', 0)), name='exposure_not_negative'),
        ),
    ]
