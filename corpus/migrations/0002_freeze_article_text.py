"""The text of an article never changes, whoever writes: offsets rest on it."""

from django.db import migrations

FREEZE = """
CREATE FUNCTION corpus_article_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'article_text_is_frozen: raw and text of article % never change; import a new version', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'article_text_is_frozen';
END $$;
CREATE TRIGGER article_text_is_frozen BEFORE UPDATE ON corpus_article FOR EACH ROW
    WHEN (OLD.raw IS DISTINCT FROM NEW.raw OR OLD.text IS DISTINCT FROM NEW.text
          OR OLD.n_chars IS DISTINCT FROM NEW.n_chars)
    EXECUTE FUNCTION corpus_article_is_frozen();
ALTER TABLE corpus_article ADD CONSTRAINT article_counts_its_characters CHECK (n_chars = char_length(text));
"""
THAW = """
ALTER TABLE corpus_article DROP CONSTRAINT article_counts_its_characters;
DROP TRIGGER article_text_is_frozen ON corpus_article;
DROP FUNCTION corpus_article_is_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("corpus", "0001_initial")]
    operations = [migrations.RunSQL(FREEZE, THAW)]
