"""What a release is asked for besides: the threshold of its units, articles it leaves out; and releases called off."""

from decimal import Decimal

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("release", "0003_statements_formats_times")]

    operations = [
        migrations.AddField(
            model_name="release",
            name="threshold",
            field=models.DecimalField(
                decimal_places=2,
                default=Decimal("0.5"),
                help_text="Least intersection over union of two marks in one unit.",
                max_digits=3,
            ),
        ),
        migrations.AddField(
            model_name="release",
            name="exclusions",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Uuids of articles that this release leaves out, with the reasons.",
            ),
        ),
        migrations.AlterField(
            model_name="release",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "waiting"),
                    ("building", "building"),
                    ("built", "built"),
                    ("failed", "failed"),
                    ("cancelled", "called off"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.CheckConstraint(
                condition=models.Q(("threshold__gt", 0), ("threshold__lte", 1)),
                name="a_threshold_is_above_0_and_at_most_1",
            ),
        ),
    ]
