"""Which article of a project a reading is about, and how its offsets come to the article's text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Q

from annotate.doors.alignment import Alignment, ArticleText, align, own_text, received_text
from annotate.doors.records import GivenReading
from annotate.doors.remedies import ADD_ARTICLE, ADD_TEXT, Remedy
from annotate.errors import Refusal
from annotate.models import Project, ProjectArticle
from annotate.operations.doors.refusals import DoorRefusal
from annotate.values import is_storable, shown
from corpus.canonical import fingerprint
from corpus.cleaning import clean
from corpus.models import Article, ArticleQuerySet

_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
# A text that no index finds is looked for in what was received, in projects of at most as many articles.
MOST_SEARCHED = 5000
# Texts in memory at once; a file names the same article for each of its annotators.
_MOST_KEPT = 64


class Shelf:
    """The articles of one project, found by what files say of them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._by_name: dict[str, list[int]] = {}
        self._members: dict[int, ProjectArticle] = {}
        self._searchable: bool | None = None

    def look_up(self, readings: Iterable[GivenReading]) -> None:
        """Find in one query what the readings name."""
        names = {name for reading in readings for name in (reading.article, *reading.hints)}
        names = {name for name in names if name and is_storable(name)} - set(self._by_name)
        if not names:
            return
        uuids = {str(UUID(name)): name for name in names if _UUID.fullmatch(name)}
        hashes = {name.lower(): name for name in names if _SHA256.fullmatch(name)}
        rows = self._articles().filter(
            Q(external_id__in=names) | Q(uuid__in=list(uuids)) | Q(text_sha256__in=list(hashes))
        )
        self._by_name |= {name: [] for name in names}
        for pk, external_id, uuid, sha256 in rows.values_list("pk", "external_id", "uuid", "text_sha256"):
            for name in {external_id or "", uuids.get(str(uuid), ""), hashes.get(sha256, "")} & names:
                self._by_name[name].append(pk)

    def find(self, reading: GivenReading, *, offsets: str) -> tuple[ProjectArticle, Alignment]:
        """The article in the project, and the way of the reading's offsets to its text. Raises Refusal."""
        if reading.article:
            found = self._by_name.get(reading.article, [])
            if not found:
                raise DoorRefusal(
                    "unknown_article",
                    f"No article of the project has the id, uuid or SHA-256 {shown(reading.article)}.",
                    Remedy(ADD_ARTICLE),
                )
            return self._one(found, reading, offsets)
        hinted = list(dict.fromkeys(pk for name in reading.hints for pk in self._by_name.get(name, [])))
        if reading.text is None:
            if not hinted:
                names = ", ".join(map(shown, reading.hints)) or "nothing"
                raise Refusal(
                    "unknown_article",
                    f"The file brings no text, and no article of the project has the id {names}. Bring the text.",
                )
            return self._one(hinted, reading, offsets)
        fitting = self._aligned(hinted, reading)
        if not fitting:
            fitting = self._aligned(self._with_text(reading), reading)
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise _ambiguous(len(fitting))
        if hinted:
            raise Refusal(
                "text_differs",
                "The text of the file is not the article's: neither its text nor what was received, also when both are "
                "normalised. Annotate the text that Slantwise has, or import the text of the file as an article.",
            )
        raise DoorRefusal("unknown_article", "No article of the project has this text.", Remedy(ADD_TEXT))

    def _one(self, found: Sequence[int], reading: GivenReading, offsets: str) -> tuple[ProjectArticle, Alignment]:
        if len(found) > 1:
            raise _ambiguous(len(found))
        member = self._member(found[0])
        if reading.text is not None:
            alignment = align(reading.text, text_of(member.article), reading.gaps)
            if alignment is None:
                raise Refusal("text_differs", "The text of the file is not the text of the article that it names.")
            return member, alignment
        text = text_of(member.article)
        return member, received_text(text) if offsets == "raw" else own_text(text)

    def _aligned(self, keys: Sequence[int], reading: GivenReading) -> list[tuple[ProjectArticle, Alignment]]:
        fitting = []
        for key in keys:
            member = self._member(key)
            alignment = align(reading.text or "", text_of(member.article), reading.gaps)
            if alignment is not None:
                fitting.append((member, alignment))
        return fitting

    def _with_text(self, reading: GivenReading) -> list[int]:
        """Articles that may have this text: the same but for case and white space, or received as this."""
        text = reading.text or ""
        if not text.strip() or not is_storable(text):
            return []
        received = {"text": text} | ({"title": reading.title} if reading.title and is_storable(reading.title) else {})
        cleaned = clean(received)
        keys = self._articles().filter(
            Q(fingerprint__in={fingerprint(text), cleaned.fingerprint}) | Q(received_hash=cleaned.received_hash)
        )
        found = list(keys.order_by("pk").values_list("pk", flat=True))
        if not found and not reading.gaps and self._is_searchable():
            found = list(self._articles().filter(raw__contains=text).order_by("pk").values_list("pk", flat=True)[:20])
        return found

    def _is_searchable(self) -> bool:
        if self._searchable is None:
            self._searchable = self._project.projectarticle_set.count() <= MOST_SEARCHED
        return self._searchable

    def _articles(self) -> ArticleQuerySet:
        return Article.objects.filter(projects=self._project)

    def _member(self, key: int) -> ProjectArticle:
        if key not in self._members:
            if len(self._members) >= _MOST_KEPT:
                self._members.clear()
            self._members[key] = ProjectArticle.objects.select_related("article").get(
                project=self._project, article=key
            )
        return self._members[key]


def text_of(article: Article) -> ArticleText:
    return ArticleText(article.text, article.raw, article.raw_fields, article.segments)


def _ambiguous(number: int) -> Refusal:
    return Refusal(
        "ambiguous_article",
        f"{number} articles of the project fit, such as one report under several outlets. Name the uuid of the article.",
    )
