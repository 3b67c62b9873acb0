import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Institution',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=32, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('bank', 'Bank'), ('micro_lender', 'Micro Lender')], max_length=16)),
                ('currency', models.CharField(default='CNY', max_length=3)),
                ('business_date', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('role', models.CharField(choices=[('borrower', 'Borrower'), ('officer', 'Officer'), ('approver', 'Approver'), ('risk_manager', 'Risk Manager'), ('accountant', 'Accountant'), ('collector', 'Collector'), ('auditor', 'Auditor'), ('supervisor', 'Supervisor'), ('system', 'System')], default='officer', max_length=16)),
                ('language', models.CharField(default='zh-hans', max_length=10)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ('institution', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='parties.institution')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='Firm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('enterprise', 'Enterprise'), ('individual_business', 'Individual Business'), ('cooperative', 'Cooperative')], default='enterprise', max_length=24)),
                ('industry_code', models.CharField(blank=True, max_length=4)),
                ('division_code', models.CharField(blank=True, max_length=6)),
                ('founded_on', models.DateField(null=True)),
                ('staff_count', models.IntegerField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('manager', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='managed_firms', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution')),
            ],
        ),
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('institution', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='seal', serialize=False, to='parties.institution')),
                ('date', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(max_length=40)),
                ('classes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=4), size=None)),
                ('text_version', models.CharField(max_length=40)),
                ('text_digest', models.CharField(max_length=64)),
                ('channel', models.CharField(max_length=24)),
                ('granted_by', models.CharField(max_length=150)),
                ('granted_at', models.DateTimeField()),
                ('expires_on', models.DateField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('firm', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='parties.firm')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution')),
            ],
        ),
        migrations.CreateModel(
            name='AuditRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('business_date', models.DateField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('actor', models.CharField(max_length=150)),
                ('act', models.CharField(max_length=64)),
                ('subject_kind', models.CharField(max_length=40)),
                ('subject_id', models.CharField(max_length=64)),
                ('detail', models.JSONField(default=dict)),
                ('digest', models.BinaryField(max_length=32)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution')),
            ],
            options={
                'db_table_comment': 'append-only',
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('identity_number_encrypted', models.BinaryField()),
                ('identity_number_index', models.BinaryField(max_length=32)),
                ('phone_encrypted', models.BinaryField(null=True)),
                ('phone_index', models.BinaryField(max_length=32, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution')),
            ],
        ),
        migrations.CreateModel(
            name='FirmPerson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=32)),
                ('since', models.DateField(null=True)),
                ('until', models.DateField(null=True)),
                ('firm', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='people', to='parties.firm')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='firms', to='parties.person')),
            ],
        ),
        migrations.AddField(
            model_name='user',
            name='person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='parties.person'),
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField()),
                ('kind', models.CharField(choices=[('audit', 'Audit'), ('account', 'Account'), ('entry', 'Entry')], max_length=8)),
                ('lane', models.IntegerField()),
                ('row_count', models.BigIntegerField()),
                ('digest_sum', models.DecimalField(decimal_places=0, max_digits=40)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution')),
            ],
        ),
        migrations.CreateModel(
            name='FirmIdentifier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scheme', models.CharField(max_length=24)),
                ('value', models.CharField(max_length=64)),
                ('firm', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='identifiers', to='parties.firm')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.institution')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('institution', 'scheme', 'value'), name='identifier_once_per_institution')],
            },
        ),
        migrations.AddIndex(
            model_name='firm',
            index=models.Index(fields=['institution', 'name'], name='parties_fir_institu_fe3a68_idx'),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(fields=['firm', 'purpose'], name='parties_con_firm_id_ece5c6_idx'),
        ),
        migrations.AddIndex(
            model_name='auditrecord',
            index=models.Index(fields=['institution', 'business_date', 'id'], name='parties_aud_institu_3ccf74_idx'),
        ),
        migrations.AddIndex(
            model_name='auditrecord',
            index=models.Index(fields=['subject_kind', 'subject_id'], name='parties_aud_subject_bfef5d_idx'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.UniqueConstraint(fields=('institution', 'identity_number_index'), name='person_once_per_institution'),
        ),
        migrations.AddConstraint(
            model_name='firmperson',
            constraint=models.UniqueConstraint(fields=('firm', 'person', 'role'), name='person_role_once_per_firm'),
        ),
        migrations.AddConstraint(
            model_name='tally',
            constraint=models.UniqueConstraint(fields=('institution', 'date', 'kind', 'lane'), name='tally_once_per_lane'),
        ),
    ]
