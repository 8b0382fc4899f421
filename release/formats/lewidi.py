"""Learning with Disagreements (SemEval-2023 task 11): one JSON object, an entry a unit, with every annotator's vote.

A vote is a label or O; whoever used several labels in a unit gives them joined by +. ``text`` is the passage, empty in a
release without quotes; its place is in ``other_info``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from release.columns import Json, rounded
from release.formats.registry import Book
from release.records import AggregatedSpan, Annotation, Article
from release.writing import FileSet, WrittenFile

PATH = "extra/lewidi.json"
OUTSIDE = "O"


class LewidiWriter:
    """Writes one entry after the other."""

    def __init__(self, root: Path, book: Book) -> None:
        self._files = FileSet(root)
        self._task = book.name
        self._any = False

    def add(self, article: Article, annotations: Sequence[Annotation], units: Sequence[AggregatedSpan]) -> None:
        complete = [annotation for annotation in annotations if annotation.status == "complete"]
        entries = []
        for unit in units:
            entry = json.dumps(entry_of(article, complete, unit, self._task), ensure_ascii=False, sort_keys=True)
            entries.append(f"{',' if self._any else '{'}\n{json.dumps(unit.unit_id)}: {entry}")
            self._any = True
        if entries:
            self._files.append(PATH, "".join(entries))

    def close(self) -> list[WrittenFile]:
        self._files.append(PATH, "\n}\n" if self._any else "{}\n")
        return self._files.written()


def entry_of(article: Article, complete: Sequence[Annotation], unit: AggregatedSpan, task: str) -> dict[str, Json]:
    """One unit as an item that every annotator of the article voted on."""
    members = {tuple(member.split("#")) for member in unit.members}
    labels: dict[str, set[str]] = {annotation.annotator_id: set() for annotation in complete}
    for annotation in complete:
        for span in annotation.spans:
            if (annotation.annotation_id, span.span_id) in members:
                labels[annotation.annotator_id].add(span.label)
    votes = {annotator: "+".join(sorted(used)) or OUTSIDE for annotator, used in sorted(labels.items())}
    return {
        "annotation task": f"{task}: {unit.layer}",
        "annotations": ",".join(votes.values()),
        "annotators": ",".join(votes),
        "hard_label": unit.hard_label or "",
        "lang": article.language or "",
        "number of annotations": len(votes),
        "number of annotators": len(votes),
        "other_info": {
            "article_id": unit.article_id,
            "end": unit.end,
            "event_id": article.event_id,
            "layer": unit.layer,
            "resolution": unit.resolution,
            "start": unit.start,
        },
        "soft_label": {share.label: rounded(share.p) for share in unit.soft_label},
        "split": article.split,
        "text": unit.text or "",
    }
