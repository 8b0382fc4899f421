"""The shapes of the API for its schema, and the rows of its read-only lists.

Bodies are read by ``annotate.marking``, strictly: a serializer would take "7" for 7 and true for "true".
"""

from typing import Any

from rest_framework import serializers

from annotate.marking import KINDS, MOST_OPERATIONS
from annotate.models import ProjectArticle, Task
from annotate.rows import relation_row, span_row
from annotate.state import AnnotatorArticle
from annotate.user_settings import FIELDS, Choice, Keys, Switch
from corpus.models import Article


class SpanSchema(serializers.Serializer[Any]):
    """SPAN: [start, end) in Unicode code points is the hull of the fragments."""

    id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not DRF's own label
    start = serializers.IntegerField(min_value=0)
    end = serializers.IntegerField(min_value=1)
    fragments = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    quote = serializers.CharField()
    attributes = serializers.DictField()
    unsure = serializers.BooleanField()
    confidence = serializers.FloatField(allow_null=True, min_value=0, max_value=1)
    comment = serializers.CharField(allow_blank=True)


class RelationSchema(serializers.Serializer[Any]):
    """RELATION between two spans of one task."""

    id = serializers.UUIDField()
    type = serializers.CharField()
    from_span = serializers.UUIDField()
    to_span = serializers.UUIDField()


class ProgressSchema(serializers.Serializer[Any]):
    """Counted up to 10,000."""

    submitted = serializers.IntegerField()
    total = serializers.IntegerField()


class StateSchema(serializers.Serializer[Any]):
    """STATE of a task as its annotator may see it."""

    task = serializers.UUIDField()
    state = serializers.ChoiceField(choices=[value for value in Task.State.values if value != Task.State.OPEN])
    revision = serializers.IntegerField()
    user = serializers.CharField()
    username = serializers.CharField()
    project = serializers.DictField()
    lease_expires = serializers.DateTimeField(allow_null=True)
    active_seconds = serializers.IntegerField(min_value=0)
    note = serializers.CharField(allow_blank=True)
    article = serializers.DictField()
    article_meta = serializers.DictField(required=False)
    codebook = serializers.DictField()
    spans = SpanSchema(many=True)
    relations = RelationSchema(many=True)
    answers = serializers.DictField()
    history = serializers.ListField(child=serializers.DictField())
    progress = ProgressSchema()


class OperationSchema(serializers.Serializer[Any]):
    """One change; `before` and `after` are parts of a span, a relation or an answer, as `kind` has it."""

    op_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=KINDS)
    target = serializers.UUIDField(allow_null=True)
    before = serializers.DictField(allow_null=True)
    after = serializers.DictField(allow_null=True)
    undoes = serializers.UUIDField(allow_null=True)


class OperationsSchema(serializers.Serializer[Any]):
    """A batch, applied in order."""

    base_revision = serializers.IntegerField(min_value=0)
    operations = serializers.ListField(child=OperationSchema(), max_length=MOST_OPERATIONS)
    active_seconds = serializers.IntegerField(min_value=0, required=False)


class RefusedSchema(serializers.Serializer[Any]):
    """Why an operation was not applied, and what to do."""

    op_id = serializers.UUIDField()
    code = serializers.CharField()
    message = serializers.CharField()


class OutcomeSchema(serializers.Serializer[Any]):
    """What became of a batch; `state` is given where the task is not in hand any more."""

    revision = serializers.IntegerField()
    applied = serializers.ListField(child=serializers.UUIDField())
    refused = RefusedSchema(many=True)
    late = serializers.BooleanField(required=False)
    message = serializers.CharField(required=False)
    state = StateSchema(required=False)


class FieldErrorSchema(serializers.Serializer[Any]):
    """What is wrong with one field or parameter, and what to do."""

    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemSchema(serializers.Serializer[Any]):
    """Any answer that is not 2xx (RFC 9457). `code` is for programs; `detail` and `message` say the same to people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    errors = FieldErrorSchema(many=True, required=False)  # type: ignore[assignment]  # a field, not DRF's own errors


class ConflictSchema(ProblemSchema):
    """The sender's picture is out of date; nothing was changed."""

    revision = serializers.IntegerField()
    state = StateSchema()


class MissingSchema(serializers.Serializer[Any]):
    """One thing that stands between a task and its submission."""

    span = serializers.UUIDField(allow_null=True)
    code = serializers.CharField()
    message = serializers.CharField()


class IncompleteSchema(ProblemSchema):
    """422 of a submission."""

    missing = MissingSchema(many=True)


class RevisionSchema(serializers.Serializer[Any]):
    """The revision the sender has seen."""

    revision = serializers.IntegerField(min_value=0)
    active_seconds = serializers.IntegerField(min_value=0, required=False)


class ReasonSchema(serializers.Serializer[Any]):
    """Why a task is skipped."""

    reason = serializers.CharField(max_length=500)
    active_seconds = serializers.IntegerField(min_value=0, required=False)


class TimeSchema(serializers.Serializer[Any]):
    """The time worked on the task so far; the body may be left out."""

    active_seconds = serializers.IntegerField(min_value=0, required=False)


class NextSchema(serializers.Serializer[Any]):
    """Where the person's next task is; null where none is left."""

    next = serializers.CharField(allow_null=True)
    state = StateSchema(required=False)


class LeaseSchema(serializers.Serializer[Any]):
    """Until when the task stays the person's without a sign of life."""

    state = serializers.CharField()
    lease_expires = serializers.DateTimeField(allow_null=True)


class NothingLeftSchema(serializers.Serializer[Any]):
    """The answer to a claim where there is nothing to give; otherwise it is STATE."""

    task = serializers.UUIDField(allow_null=True)
    code = serializers.CharField()
    message = serializers.CharField()


class MemorySchema(serializers.Serializer[Any]):
    """What the labelling page remembers for one person in one project; each may be left out of what is sent."""

    values = serializers.DictField(required=False, help_text="{label: {attribute: value last given by hand}}")
    guide = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The guidelines' paragraphs as last seen."
    )


class SettingsSchema(serializers.Serializer[Any]):
    """One's own settings; each may be left out of what is sent."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        made: dict[str, serializers.Field[Any, Any, Any, Any]] = {}
        for name, field in FIELDS.items():
            match field:
                case Choice():
                    made[name] = serializers.ChoiceField(choices=field.values, required=False, default=field.default)
                case Switch():
                    made[name] = serializers.BooleanField(required=False, default=field.default)
                case Keys():
                    made[name] = serializers.DictField(child=serializers.CharField(), required=False)
        return made


class ZoneSchema(serializers.Serializer[Any]):
    """[start, end) of the text, in code points."""

    zone = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()


class AnnotatorArticleSchema(serializers.Serializer[Article]):
    """What an annotator of a blind project may know of an article: built from the allow-list."""

    uuid = serializers.UUIDField()
    text = serializers.CharField()
    language = serializers.CharField(allow_null=True)
    n_chars = serializers.IntegerField()
    text_sha256 = serializers.CharField()
    zones = ZoneSchema(many=True)

    def to_representation(self, instance: Article) -> dict[str, Any]:
        return {"uuid": str(instance.uuid), **AnnotatorArticle.of(instance, instance.zones).as_json()}


class ArticleSerializer(serializers.ModelSerializer[Article]):
    """An article for researchers and managers."""

    outlet = serializers.CharField(source="outlet.name", default=None, allow_null=True)
    story = serializers.CharField(source="story.slug", default=None, allow_null=True)
    zones = ZoneSchema(many=True)

    class Meta:
        model = Article
        fields = [
            "uuid",
            "external_id",
            "outlet",
            "story",
            "url",
            "title",
            "byline",
            "published_at",
            "language",
            "rights",
            "text",
            "zones",
            "n_chars",
            "text_sha256",
            "version",
        ]
        read_only_fields = fields


class ArticleSchema(ArticleSerializer):
    """An article of a project, for researchers and managers."""

    stage = serializers.ChoiceField(choices=ProjectArticle.Stage.values)
    excluded = serializers.BooleanField()
    excluded_reason = serializers.CharField(allow_blank=True)

    class Meta(ArticleSerializer.Meta):
        fields = [*ArticleSerializer.Meta.fields, "stage", "excluded", "excluded_reason"]
        read_only_fields = fields


class OwnTaskSchema(serializers.Serializer[Task]):
    """A task of one's own, without its article's text: see its state."""

    COLUMNS = (
        "state",
        "revision",
        "active_seconds",
        "claimed_at",
        "lease_expires",
        "submitted_at",
        "closed_at",
        "note",
        "reason",
    )

    task = serializers.UUIDField()
    project = serializers.CharField()
    article = serializers.UUIDField()
    state = serializers.ChoiceField(choices=[value for value in Task.State.values if value != Task.State.OPEN])
    revision = serializers.IntegerField()
    active_seconds = serializers.IntegerField()
    claimed_at = serializers.DateTimeField(allow_null=True)
    lease_expires = serializers.DateTimeField(allow_null=True)
    submitted_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)

    def to_representation(self, instance: Task) -> dict[str, Any]:
        return {
            "task": instance.uuid,
            "project": instance.project.slug,
            "article": instance.article.uuid,
            **{name: getattr(instance, name) for name in self.COLUMNS},
        }


class ReadingSerializer(serializers.Serializer[Task]):
    """One person's work on an article; the annotator is named by the project's pseudonym."""

    task = serializers.UUIDField(source="uuid")
    article = serializers.UUIDField(source="article.uuid")
    annotator = serializers.CharField(source="pseudonym", allow_null=True)
    state = serializers.CharField()
    revision = serializers.IntegerField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    spans = SpanSchema(many=True)
    relations = RelationSchema(many=True)
    answers = serializers.DictField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {
            "task": str(instance.uuid),
            "article": str(instance.article.uuid),
            "annotator": instance.pseudonym,
            "state": instance.state,
            "revision": instance.revision,
            "submitted_at": instance.submitted_at,
            "spans": [span_row(span) for span in instance.spans_that_stand],
            "relations": [relation_row(relation) for relation in instance.relations_that_stand],
            "answers": {answer.question: answer.value for answer in instance.answers.all()},
        }
