import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('evidence', '0001_initial'),
        ('parties', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='batch',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='batch',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to='evidence.batch'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='firm',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to='parties.firm'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='institution',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddField(
            model_name='invoicereplacement',
            name='earlier',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='evidence.invoice'),
        ),
        migrations.AddField(
            model_name='invoicereplacement',
            name='firm',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.firm'),
        ),
        migrations.AddField(
            model_name='invoicereplacement',
            name='later',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replaces', to='evidence.invoice'),
        ),
        migrations.AddField(
            model_name='readlog',
            name='consent',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.consent'),
        ),
        migrations.AddField(
            model_name='readlog',
            name='firm',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.firm'),
        ),
        migrations.AddField(
            model_name='readlog',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(fields=['institution', 'evidence_class', 'received_at'], name='evidence_ba_institu_efc489_idx'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(fields=['firm', 'issued_on'], name='evidence_in_firm_id_4c6b38_idx'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(fields=('firm', 'content_key', 'occurrence'), name='invoice_once'),
        ),
        migrations.AddConstraint(
            model_name='invoicereplacement',
            constraint=models.UniqueConstraint(fields=('earlier', 'later'), name='replacement_once'),
        ),
        migrations.AddIndex(
            model_name='readlog',
            index=models.Index(fields=['firm', 'read_at'], name='evidence_re_firm_id_968f78_idx'),
        ),
    ]
