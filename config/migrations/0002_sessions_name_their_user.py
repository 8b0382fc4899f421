"""Sessions in a table of our own, whose rows name their user."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0001_worker_heartbeat"),
        ("sessions", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "db_table": "config_session",
                "abstract": False,
            },
        ),
        # Nobody is signed out by the change; the user is filled in when the session is next saved.
        migrations.RunSQL(
            "INSERT INTO config_session (session_key, session_data, expire_date) "
            "SELECT session_key, session_data, expire_date FROM django_session WHERE expire_date > now()",
            migrations.RunSQL.noop,
        ),
    ]
