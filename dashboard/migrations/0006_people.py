"""Invitations, and which links a person sees: everybody who has an account sees all, as before."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dashboard', '0005_encrypt_second_factors'),
        ('integration', '0014_plan_and_undo'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='all_links',
            field=models.BooleanField(default=True, verbose_name='sees every link'),
        ),
        migrations.AddField(
            model_name='user',
            name='links',
            field=models.ManyToManyField(blank=True, related_name='people', to='integration.link', verbose_name='links it sees'),
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='digest of the secret part of the address')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ends_at', models.DateTimeField()),
                ('opened_at', models.DateTimeField(blank=True, null=True)),
                ('invited_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='invitation', to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]
