"""Uploads of annotations tell how far they are, can be called off, and keep all that they could not take."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotate", "0015_upload_annotations")]

    operations = [
        migrations.AddField(
            model_name="annotationimport",
            name="progress",
            field=models.PositiveIntegerField(default=0, help_text="Entries of the files that are dealt with."),
        ),
        migrations.AddField(
            model_name="annotationimport",
            name="total",
            field=models.PositiveIntegerField(default=0, help_text="Entries in the files; 0 until they are counted."),
        ),
        migrations.AddField(
            model_name="annotationimport",
            name="heartbeat",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="annotationimport",
            name="attempt",
            field=models.PositiveIntegerField(default=0, help_text="Grows with every run; only the latest may finish."),
        ),
        migrations.AddField(
            model_name="annotationimport",
            name="tries",
            field=models.PositiveSmallIntegerField(default=0, help_text="Runs since somebody asked for it."),
        ),
        migrations.AlterField(
            model_name="annotationimport",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "waiting"),
                    ("running", "under way"),
                    ("checked", "looked through"),
                    ("done", "imported"),
                    ("failed", "failed"),
                    ("cancelled", "called off"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="AnnotationIssue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(blank=True, help_text="The file.", max_length=500)),
                ("line", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "entry",
                    models.CharField(blank=True, help_text="Where in the file, if it has no lines.", max_length=300),
                ),
                ("field", models.CharField(blank=True, max_length=200)),
                ("code", models.CharField(max_length=50)),
                ("message", models.TextField()),
                ("remedy", models.JSONField(blank=True, default=dict)),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="issues",
                        to="annotate.annotationimport",
                    ),
                ),
            ],
            options={"ordering": ["pk"]},
        ),
    ]
