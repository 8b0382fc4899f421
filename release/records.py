"""What one line of each data file holds. The row is the contract: a field's order is its column's order.

Every key is always present, with one type, and no key depends on data, so that any reader of JSON Lines infers the
same columns. Offsets are Unicode code points, half-open. Times are UTC, whole seconds, written with ``Z``.

Records are named tuples: as unchangeable as frozen dataclasses and made ten times faster, of which a release feels each.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

SCHEMA_VERSION = "1.0"


class Time(str):
    """An ISO 8601 time in UTC, whole seconds, ending in Z; its own type so that readers can be told it is a time."""

    __slots__ = ()


def moment_of(time: Time) -> datetime:
    """The time as Python's."""
    return datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


class Article(NamedTuple):
    """One article of the project, annotated or not."""

    article_id: str
    """Uuid of the article, the same in every release."""
    event_id: str | None
    """The story that several outlets cover; null where none was given."""
    outlet: str | None
    """Who published it."""
    title: str | None
    """Headline; null with text mode positions."""
    byline: str | None
    """Author as the outlet named him; null with text mode positions."""
    published: Time | None
    """When the outlet published it."""
    language: str | None
    """BCP 47 tag, e.g. en or es-MX."""
    source_url: str | None
    """Address at the outlet."""
    archive_url: str | None
    """Address of an archived copy; null as long as none is recorded."""
    retrieved: Time | None
    """When it was imported."""
    text_status: str
    """full, excerpt (only the marked passages are given) or none."""
    text: str | None
    """Canonical text: headline, blank line, paragraphs. Null unless the text mode is full."""
    text_sha256: str
    """SHA-256 of the canonical text in UTF-8, in every text mode."""
    text_normalization: str
    """How the text was made canonical, with the cleaner's version."""
    n_chars: int
    """Length of the canonical text in code points."""
    license_text: str | None
    """Rights in the text, as recorded at import."""
    split: str
    """train, validation or test; all articles of one event are in one split."""


class Fragment(NamedTuple):
    """One piece of a span."""

    start: int
    """First code point."""
    end: int
    """Code point after the last."""
    text: str | None
    """The article's text at [start, end); null with text mode positions."""


class Value(NamedTuple):
    """One value of an attribute or an answer; a field with several values has an entry for each."""

    name: str
    """Code of the attribute or question."""
    value: str
    """The value as text: a code, a name, true or false, a date, or the number's shortest decimal form."""
    number: float | None
    """The number, where the attribute is numeric."""


class Span(NamedTuple):
    """A passage that one annotator marked with one label."""

    span_id: str
    """Uuid of the mark."""
    layer: str
    """Code of the label's layer."""
    label: str
    """Code of the label."""
    fragments: list[Fragment]
    """The pieces in order, one for a span without gaps."""
    start: int
    """First code point of the hull."""
    end: int
    """Code point after the hull's last."""
    text: str | None
    """The article's text at [start, end), gaps included; null with text mode positions."""
    prefix: str | None
    """Up to 32 code points before the span; null with text mode positions."""
    suffix: str | None
    """Up to 32 code points after the span; null with text mode positions."""
    confidence: float | None
    """0 to 1, where the annotator gave it."""
    comment: str | None
    """The annotator's own words."""
    unsure: bool
    """Whether the annotator flagged the mark as unsure."""
    attributes: list[Value]
    """Values set, in codebook order, then by value."""


class Relation(NamedTuple):
    """A typed link between two spans of one annotation."""

    relation_id: str
    """Uuid of the link."""
    type: str
    """Code of the relation type."""
    from_span: str
    """span_id it starts at."""
    to_span: str
    """span_id it leads to."""


class Annotation(NamedTuple):
    """One annotator's work on one article in one round. Read and marked nothing is a row with empty spans."""

    annotation_id: str
    """Uuid of the task."""
    article_id: str
    """Which article."""
    annotator_id: str
    """Which annotator, as in annotators.jsonl."""
    round: int
    """Round of annotation, from 1."""
    status: str
    """complete, skipped or in_progress; only complete ones count in agreement."""
    codebook_version: str
    """name@version of the codebook."""
    guideline_version: str | None
    """sha256: and the first twelve hexadecimal digits of the guidelines' SHA-256; null where the project has none."""
    seconds: int
    """Active time in seconds."""
    submitted: Time | None
    """When it was submitted; null unless complete, and where the release leaves times out."""
    spans: list[Span]
    """The marks, by start, end and span_id."""
    relations: list[Relation]
    """Links between the marks, by relation_id."""
    article_labels: list[Value]
    """Answers to questions about the article, in codebook order."""


class Support(NamedTuple):
    """A stretch within the union of a unit over which the share of annotators is constant."""

    start: int
    """First code point."""
    end: int
    """Code point after the last."""
    support: float
    """Annotators who marked it within this unit, divided by n_annotators."""


class SoftLabel(NamedTuple):
    """A label's share of votes."""

    label: str
    """Code of the label, or O: marked nothing here."""
    p: float
    """Share of n_annotators; an annotator with several labels in the unit splits the vote equally."""


class SoftAttribute(NamedTuple):
    """A value's share among the spans of a unit that set the attribute."""

    name: str
    """Code of the attribute."""
    value: str
    """The value as text."""
    p: float
    """Spans with this value divided by n."""
    n: int
    """Spans of the unit that set the attribute."""


class AggregatedSpan(NamedTuple):
    """A unit: spans of several annotators in one layer that mean the same passage."""

    unit_id: str
    """article_id, layer and number of the unit in reading order, joined by dots."""
    article_id: str
    """Which article."""
    layer: str
    """Code of the layer; units never mix layers."""
    n_annotators: int
    """Annotators whose reading of the article is complete."""
    n_marked: int
    """Of them, those with a span in the unit."""
    members: list[str]
    """annotation_id and span_id of each span, joined by #."""
    start: int
    """First code point of the passage: hull of the characters that at least half of those who marked cover."""
    end: int
    """Code point after the passage's last."""
    text: str | None
    """The article's text at [start, end); null with text mode positions."""
    core_start: int | None
    """First code point marked by more than half of n_annotators; null where there is none."""
    core_end: int | None
    """Code point after the last one marked by more than half; null where there is none."""
    union_start: int
    """First code point that any member covers."""
    union_end: int
    """Code point after the last that any member covers."""
    char_support: list[Support]
    """Shares of annotators along the union, stretch by stretch."""
    soft_label: list[SoftLabel]
    """Shares of the labels and of O; they sum to 1."""
    hard_label: str | None
    """The label or O with most votes; null in a tie."""
    resolution: str
    """unanimous, majority, tie or adjudicated."""
    soft_attributes: list[SoftAttribute]
    """Shares of attribute values among the spans that set them."""
    mean_iou: float | None
    """Mean intersection over union of the spans of different annotators; null where only one marked."""


class AdjudicatedSpan(NamedTuple):
    """A span as an adjudicator decided it, beside the originals."""

    span_id: str
    """Uuid of the adjudicated span."""
    article_id: str
    """Which article."""
    layer: str
    """Code of the label's layer."""
    label: str
    """Code of the label."""
    fragments: list[Fragment]
    """The pieces in order."""
    start: int
    """First code point of the hull."""
    end: int
    """Code point after the hull's last."""
    text: str | None
    """The article's text at [start, end); null with text mode positions."""
    prefix: str | None
    """Up to 32 code points before the span."""
    suffix: str | None
    """Up to 32 code points after the span."""
    confidence: float | None
    """0 to 1, where given."""
    comment: str | None
    """The adjudicator's own words on the span."""
    unsure: bool
    """Whether the adjudicator flagged it as unsure."""
    attributes: list[Value]
    """Values set, in codebook order, then by value."""
    unit_id: str | None
    """The unit it settles; null for a span that was added."""
    adjudicator_id: str
    """Who decided, as in annotators.jsonl."""
    decision: str
    """accept, edit, merge, reject or add."""
    based_on: list[str]
    """annotation_id and span_id of the originals, joined by #."""
    note: str | None
    """Why."""
    decided: Time | None
    """When; null where the release leaves times out."""


class AgreementFigure(NamedTuple):
    """One measure of agreement."""

    scope: str
    """corpus, event, article or pair."""
    scope_id: str | None
    """event_id or article_id; null for the corpus."""
    layer: str | None
    """Layer the measure is restricted to; null over all layers."""
    label: str | None
    """Label the measure is about; null for set-valued and label-blind measures."""
    subject: str | None
    """Attribute (and =option, where it is of one option), question or relation type; null for measures of marks."""
    metric: str
    """Name of the measure without its label part."""
    unit: str
    """What is compared: character, token, span, attribute, relation or document."""
    value: float | None
    """The figure; null where it is not defined."""
    reason: str | None
    """Why the value is null; null where there is a value."""
    ci_low: float | None
    """2.5th percentile of the bootstrap over articles; null where no interval was drawn."""
    ci_high: float | None
    """97.5th percentile."""
    percent_agreement: float | None
    """Observed agreement without correction for chance, for character measures."""
    prevalence: float | None
    """Share of pairable characters that carry the label (any label, where label is null)."""
    n_articles: int
    """Articles with at least two complete readings."""
    n_annotators: int
    """Annotators with a complete reading of such an article."""
    n_units: int | None
    """Pairable units: characters, spans in the pairs compared, pairs of matched spans, documents; null for relations."""
    missing_policy: str
    """How articles that somebody did not read are treated."""
    implementation: str
    """What computed it, with its version."""


class Annotator(NamedTuple):
    """Somebody with a row in annotations.jsonl, under a random id."""

    annotator_id: str
    """Drawn at random once, the same in every release of the project; says nothing about the person."""
    role: str
    """Role in the project."""
    training: str | None
    """How the person was trained, where recorded."""
    language: str | None
    """First language, where recorded."""
    demographics: str | None
    """Coarse and opted into; null as long as none are recorded."""
    n_articles: int
    """Articles with a complete reading by this person in this release."""


class TypedSpan(NamedTuple):
    """A span of a complete reading with the attributes of the codebook media-framing-3 side by side; format typed."""

    span_id: str
    """Uuid of the mark."""
    annotation_id: str
    """Uuid of the task."""
    article_id: str
    """Which article."""
    annotator_id: str
    """Which annotator, as in annotators.jsonl."""
    event_id: str | None
    """The story that several outlets cover."""
    outlet: str | None
    """Who published the article."""
    split: str
    """train, validation or test."""
    layer: str
    """Code of the label's layer."""
    label: str
    """Code of the label."""
    start: int
    """First code point of the hull."""
    end: int
    """Code point after the hull's last."""
    text: str | None
    """The article's text at [start, end); null with text mode positions."""
    unsure: bool
    """Whether the annotator flagged the mark as unsure."""
    confidence: float | None
    """0 to 1, where given."""
    frame_dimension: str | None
    """FRAME: the dimension of the issue."""
    frame_note: str | None
    """FRAME: in the annotator's words."""
    entman_function: str | None
    """FRAME: what the frame does."""
    target: str | None
    """LEXICAL_BIAS, INFORMATIONAL_BIAS: whom it is about."""
    polarity: str | None
    """LEXICAL_BIAS, INFORMATIONAL_BIAS: negative or positive."""
    in_quote: str | None
    """LEXICAL_BIAS, INFORMATIONAL_BIAS: whether it stands in a quotation."""
    aim: str | None
    """LEXICAL_BIAS, INFORMATIONAL_BIAS: direct, or by way of somebody else."""
    device: str | None
    """LEXICAL_BIAS: by what means."""
    source_type: str | None
    """SOURCE: what kind of source."""
    naming: str | None
    """SOURCE: how it is named."""
    entity: str | None
    """SOURCE: who it is."""
    role: str | None
    """SOURCE: in what part it speaks."""
    status: str | None
    """SOURCE: current or former."""
    quote_type: str | None
    """CONTENT: direct, indirect or mixed."""
    cue_stance: str | None
    """CONTENT: what the cue says of its truth."""
    sentiment: str | None
    """CONTENT: towards what it is about."""
    comparator: str | None
    """QUANTITY: how the number bounds the quantity."""
    value: float | None
    """QUANTITY: the number."""
    value_low: float | None
    """QUANTITY: lower end of a range."""
    value_high: float | None
    """QUANTITY: upper end of a range."""
    kind: str | None
    """QUANTITY: what kind of number."""
    modality: str | None
    """QUANTITY: stated as fact, estimate or projection."""
    unattributed: bool | None
    """QUANTITY: whether nobody is named for it."""
    unit: str | None
    """QUANTITY: unit of measurement."""
    time_ref: str | None
    """QUANTITY: the time it holds for."""
    trend: str | None
    """QUANTITY: rising or falling."""
    modifiers: list[str]
    """QUANTITY: modifiers in the order of their codes; empty where none is set."""
    measurand: str | None
    """QUANTITY: what is measured."""


# Name of the configuration, which is the file's stem, and what its lines are. The order is that of the card.
FILES: dict[str, type] = {
    "spans_aggregated": AggregatedSpan,
    "annotations": Annotation,
    "articles": Article,
    "adjudicated": AdjudicatedSpan,
    "agreement": AgreementFigure,
    "annotators": Annotator,
}
# Data files that are there only when asked for.
VIEWS: dict[str, type] = {"spans_typed": TypedSpan}
