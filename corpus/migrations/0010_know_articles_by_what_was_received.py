"""An import knows an article again by what was received, also where the cleaning rules have changed since."""

from django.db import migrations, models

# corpus.canonical.received_hash of headline and text, which come first in raw.
FILL = """
UPDATE corpus_article SET received_hash = ('x' || left(encode(sha256(convert_to(left(raw, (
    SELECT max((field ->> 'end')::int) FROM jsonb_array_elements(raw_fields) field WHERE field ->> 'name' IN ('title', 'text')
)), 'UTF8')), 'hex'), 16))::bit(64)::bigint
WHERE jsonb_typeof(raw_fields) = 'array'
"""


class Migration(migrations.Migration):
    dependencies = [("corpus", "0009_link_versions_to_the_first")]
    operations = [
        migrations.AddField(
            model_name="article",
            name="received_hash",
            field=models.BigIntegerField(
                editable=False,
                help_text="Stands for headline and text as received: the same for all versions.",
                null=True,
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(fields=["received_hash"], name="article_by_received"),
        ),
    ]
