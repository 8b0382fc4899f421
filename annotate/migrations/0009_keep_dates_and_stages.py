"""Triggers that copy an article's date into its projects and note where a stage has to be told anew; and what there is."""

from django.db import migrations

TRIGGERS = """
CREATE FUNCTION annotate_member_takes_the_date() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT published_at INTO NEW.published_at FROM corpus_article WHERE id = NEW.article_id;
    RETURN NEW;
END $$;
CREATE TRIGGER member_takes_the_date BEFORE INSERT OR UPDATE OF article_id, published_at ON annotate_projectarticle
    FOR EACH ROW EXECUTE FUNCTION annotate_member_takes_the_date();

CREATE FUNCTION annotate_members_follow_the_date() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE annotate_projectarticle SET published_at = NEW.published_at WHERE article_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER members_follow_the_date AFTER UPDATE OF published_at ON corpus_article FOR EACH ROW
    WHEN (OLD.published_at IS DISTINCT FROM NEW.published_at)
    EXECUTE FUNCTION annotate_members_follow_the_date();

CREATE FUNCTION annotate_stages_become_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO annotate_stalestage (project_id, member_id)
    SELECT DISTINCT member.project_id, member.id FROM changed
    JOIN annotate_projectarticle member
      ON member.project_id = changed.project_id AND member.article_id = changed.article_id;
    RETURN NULL;
END $$;
CREATE TRIGGER added_tasks_make_stages_stale AFTER INSERT ON annotate_task
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION annotate_stages_become_stale();
CREATE TRIGGER deleted_tasks_make_stages_stale AFTER DELETE ON annotate_task
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION annotate_stages_become_stale();

-- Row by row, as most updates of tasks leave the state alone and must not pay for this.
CREATE FUNCTION annotate_stage_becomes_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO annotate_stalestage (project_id, member_id)
    SELECT member.project_id, member.id FROM annotate_projectarticle member
    WHERE member.project_id = NEW.project_id AND member.article_id = NEW.article_id;
    RETURN NULL;
END $$;
CREATE TRIGGER changed_tasks_make_stages_stale AFTER UPDATE OF state ON annotate_task FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION annotate_stage_becomes_stale();
"""
DROP = """
DROP TRIGGER changed_tasks_make_stages_stale ON annotate_task;
DROP FUNCTION annotate_stage_becomes_stale();
DROP TRIGGER deleted_tasks_make_stages_stale ON annotate_task;
DROP TRIGGER added_tasks_make_stages_stale ON annotate_task;
DROP FUNCTION annotate_stages_become_stale();
DROP TRIGGER members_follow_the_date ON corpus_article;
DROP FUNCTION annotate_members_follow_the_date();
DROP TRIGGER member_takes_the_date ON annotate_projectarticle;
DROP FUNCTION annotate_member_takes_the_date();
"""
# One pass over each table; what annotate.operations.stages tells of one article, of all.
FILL = """
UPDATE annotate_projectarticle member SET published_at = article.published_at
FROM corpus_article article WHERE article.id = member.article_id AND article.published_at IS NOT NULL;
UPDATE annotate_projectarticle member SET stage = live.stage
FROM (
    SELECT project_id, article_id, CASE WHEN bool_or(state <> 'submitted') THEN 'in-progress' ELSE 'labelled' END AS stage
    FROM annotate_task WHERE state IN ('open', 'claimed', 'submitted', 'returned')
    GROUP BY project_id, article_id HAVING bool_or(state <> 'open')
) live
WHERE live.project_id = member.project_id AND live.article_id = member.article_id;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("annotate", "0008_read_projects_in_order"),
        ("corpus", "0009_link_versions_to_the_first"),
    ]
    operations = [migrations.RunSQL(TRIGGERS, DROP), migrations.RunSQL(FILL, migrations.RunSQL.noop)]
