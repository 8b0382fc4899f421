"""What Django cannot say: composite keys, and triggers on quotes, fragments, annotators and the log."""

from django.db import migrations

# Both ends of a relation lie in one task; label, task and project share one codebook.
KEYS = """
ALTER TABLE annotate_project ADD CONSTRAINT project_with_codebook UNIQUE (id, codebook_id);
ALTER TABLE annotate_task ADD CONSTRAINT task_with_codebook UNIQUE (id, codebook_id);
ALTER TABLE annotate_label ADD CONSTRAINT label_with_codebook UNIQUE (id, codebook_id);
ALTER TABLE annotate_spanannotation ADD CONSTRAINT span_with_task UNIQUE (id, task_id);
ALTER TABLE annotate_task ADD CONSTRAINT task_uses_its_projects_codebook
    FOREIGN KEY (project_id, codebook_id) REFERENCES annotate_project (id, codebook_id);
ALTER TABLE annotate_spanannotation ADD CONSTRAINT span_uses_its_tasks_codebook
    FOREIGN KEY (task_id, codebook_id) REFERENCES annotate_task (id, codebook_id);
ALTER TABLE annotate_spanannotation ADD CONSTRAINT span_uses_a_label_of_its_codebook
    FOREIGN KEY (label_id, codebook_id) REFERENCES annotate_label (id, codebook_id);
ALTER TABLE annotate_relationannotation ADD CONSTRAINT relation_starts_in_its_task
    FOREIGN KEY (from_span_id, task_id) REFERENCES annotate_spanannotation (id, task_id);
ALTER TABLE annotate_relationannotation ADD CONSTRAINT relation_ends_in_its_task
    FOREIGN KEY (to_span_id, task_id) REFERENCES annotate_spanannotation (id, task_id);
"""
DROP_KEYS = """
ALTER TABLE annotate_relationannotation DROP CONSTRAINT relation_ends_in_its_task,
    DROP CONSTRAINT relation_starts_in_its_task;
ALTER TABLE annotate_spanannotation DROP CONSTRAINT span_uses_a_label_of_its_codebook,
    DROP CONSTRAINT span_uses_its_tasks_codebook;
ALTER TABLE annotate_task DROP CONSTRAINT task_uses_its_projects_codebook;
ALTER TABLE annotate_spanannotation DROP CONSTRAINT span_with_task;
ALTER TABLE annotate_label DROP CONSTRAINT label_with_codebook;
ALTER TABLE annotate_task DROP CONSTRAINT task_with_codebook;
ALTER TABLE annotate_project DROP CONSTRAINT project_with_codebook;
"""

TRIGGERS = """
CREATE FUNCTION annotate_span_matches_text() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    body text;
    part jsonb;
    last_end integer := -1;
    first_start integer;
BEGIN
    SELECT a.text INTO body FROM corpus_article a JOIN annotate_task t ON t.article_id = a.id WHERE t.id = NEW.task_id;
    IF NEW."end" > char_length(body) THEN
        RAISE EXCEPTION 'span_lies_in_the_text: [%, %) ends after character %', NEW.start, NEW."end", char_length(body)
            USING ERRCODE = 'check_violation', CONSTRAINT = 'span_lies_in_the_text';
    END IF;
    IF substr(body, NEW.start + 1, NEW."end" - NEW.start) IS DISTINCT FROM NEW.quote THEN
        RAISE EXCEPTION 'span_quotes_its_text: the text at [%, %) differs from the quote', NEW.start, NEW."end"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'span_quotes_its_text';
    END IF;
    IF jsonb_typeof(NEW.fragments) = 'array' THEN
        FOR part IN SELECT value FROM jsonb_array_elements(NEW.fragments) LOOP
            IF first_start IS NULL THEN
                first_start := (part->>0)::integer;
            END IF;
            IF (part->>0)::integer <= last_end OR (part->>1)::integer <= (part->>0)::integer THEN
                first_start := -1;
                EXIT;
            END IF;
            last_end := (part->>1)::integer;
        END LOOP;
    END IF;
    IF first_start IS DISTINCT FROM NEW.start OR last_end IS DISTINCT FROM NEW."end" THEN
        RAISE EXCEPTION 'fragments_fill_the_hull: % does not run from % to % in order', NEW.fragments, NEW.start, NEW."end"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'fragments_fill_the_hull';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER span_matches_text BEFORE INSERT OR UPDATE OF start, "end", quote, fragments, task_id
    ON annotate_spanannotation FOR EACH ROW EXECUTE FUNCTION annotate_span_matches_text();

CREATE FUNCTION annotate_task_keeps_its_annotator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'task_keeps_its_annotator: task % is somebody''s already', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'task_keeps_its_annotator';
END $$;
CREATE TRIGGER task_keeps_its_annotator BEFORE UPDATE ON annotate_task FOR EACH ROW
    WHEN (OLD.annotator_id IS NOT NULL AND NEW.annotator_id IS DISTINCT FROM OLD.annotator_id
          OR OLD.article_id <> NEW.article_id OR OLD.project_id <> NEW.project_id)
    EXECUTE FUNCTION annotate_task_keeps_its_annotator();

CREATE FUNCTION annotate_operation_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'operations_are_append_only: operation % is never changed', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'operations_are_append_only';
END $$;
CREATE TRIGGER operations_are_append_only BEFORE UPDATE OR DELETE ON annotate_operation
    FOR EACH ROW EXECUTE FUNCTION annotate_operation_is_append_only();
"""
DROP_TRIGGERS = """
DROP TRIGGER operations_are_append_only ON annotate_operation;
DROP FUNCTION annotate_operation_is_append_only();
DROP TRIGGER task_keeps_its_annotator ON annotate_task;
DROP FUNCTION annotate_task_keeps_its_annotator();
DROP TRIGGER span_matches_text ON annotate_spanannotation;
DROP FUNCTION annotate_span_matches_text();
"""


class Migration(migrations.Migration):
    dependencies = [("annotate", "0001_initial"), ("corpus", "0002_freeze_article_text")]
    operations = [migrations.RunSQL(KEYS, DROP_KEYS), migrations.RunSQL(TRIGGERS, DROP_TRIGGERS)]
