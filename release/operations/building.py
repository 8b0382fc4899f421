"""Build a release directory: beside its place, synced, then renamed into it, so that it is there whole or not at all."""

from __future__ import annotations

import fcntl
import gc
import hashlib
import os
import secrets
import shutil
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.db.models import Min, TextField
from django.db.models.functions import Cast

from annotate.codebook import enabled_content
from annotate.models import Codebook, Label, Project, ProjectArticle, Task
from annotate.scoring.adapter import schema_of
from release.card import Facts, citation, data_statement, licence, readme
from release.changes import changelog
from release.columns import json_schema
from release.croissant import croissant
from release.exceptions import TargetNotEmptyError
from release.figures import Readings, Wanted, agreement_figures, headline, implementation_of
from release.formats.registry import FORMATS, Book, checked_formats
from release.manifest import MANIFEST, Terms, manifest_of
from release.operations.exclusions import found_exclusions
from release.operations.statements import told_of
from release.operations.thresholds import checked_threshold
from release.plots import agreement_plot, labels_plot
from release.reading import articles_with_work, pseudonyms, snapshot
from release.records import FILES, VIEWS, Annotator
from release.rows import LabelFacts, Recorder, Scheme, question_code, state_of
from release.units import THRESHOLD, units_of
from release.writing import RecordFile, WrittenFile, pretty, sync_directory, sync_everything, write_text

type Progress = Callable[[int, int], None]

BOOTSTRAP = 1000
SEED = 0
UNVERSIONED = "0.0.0"
COLLECT_AFTER = 100_000  # containers


@dataclass(frozen=True, slots=True)
class Built:
    """A finished directory. ``sha256`` is that of manifest.json, which holds the others."""

    path: Path
    name: str
    version: str
    sha256: str
    files: list[WrittenFile]
    manifest: dict[str, object]


@cache
def tool_version() -> str:
    """As pyproject.toml says."""
    with (Path(settings.BASE_DIR) / "pyproject.toml").open("rb") as file:
        return cast("str", tomllib.load(file)["project"]["version"])


def export_release(
    *,
    project: Project,
    out: Path,
    version: str = UNVERSIONED,
    text_mode: str = "full",
    include_unfinished: bool = False,
    formats: Iterable[str] = (),
    times: str = "second",
    previous: Mapping[str, Any] | None = None,
    threshold: Fraction | Decimal = THRESHOLD,
    exclusions: Iterable[tuple[str, str]] = (),
    on_progress: Progress | None = None,
) -> Built:
    """Write a release of the project's present state to ``out``, which must not exist or be an empty directory.

    ``previous``: manifest of the version before, to say what changed. ``threshold``: least intersection over union of
    marks in one unit. ``exclusions``: articles (uuid or external id) that this release leaves out, and why. Nothing is left behind on failure. Raises
    TargetNotEmptyError, FormatError, ExclusionError, ThresholdError. The same state of the database gives the same bytes.
    """
    out = out.absolute()
    refuse_occupied(out)
    terms = Terms(
        version=version,
        text_mode=text_mode,
        include_unfinished=include_unfinished,
        previous_version=str(previous["version"]) if previous else None,
        bootstrap=BOOTSTRAP,
        seed=SEED,
        tool_version=tool_version(),
        formats=checked_formats(formats, text_mode=text_mode, codebook=project.codebook.name),
        times=times,
        previous=previous,
        threshold=checked_threshold(threshold),
        exclusions=found_exclusions(project=project, wanted=exclusions),
    )
    with partial_directory(out) as partial:
        built = write_release(project=project, root=partial, terms=terms, on_progress=on_progress)
        move_into_place(partial, out)
    return Built(out, built.name, built.version, built.sha256, built.files, built.manifest)


def refuse_occupied(out: Path) -> None:
    """Raises TargetNotEmptyError unless ``out`` is free or an empty directory."""
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise TargetNotEmptyError(f"{out} exists already and is not an empty directory; choose another one.")


@contextmanager
def partial_directory(out: Path) -> Iterator[Path]:
    """A fresh ``OUT.partial-…`` beside ``out``, gone afterwards unless it was renamed.

    Whoever builds holds a lock on its directory, so what a builder left that was killed is known, and removed here.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    sweep_partials(out)
    partial, handle = _locked_directory(out)
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        os.close(handle)


def sweep_partials(out: Path) -> None:
    """Remove ``OUT.partial-…`` directories that nobody builds in any more."""
    for left in out.parent.iterdir():
        if not left.name.startswith(f"{out.name}.partial-"):
            continue
        try:
            handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue  # gone meanwhile, or no directory of ours
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        except BlockingIOError:
            continue  # somebody builds there
        finally:
            os.close(handle)


def _locked_directory(out: Path) -> tuple[Path, int]:
    """A new directory and the handle that holds its lock; the system lets go of it however the process ends."""
    while True:
        partial = out.with_name(f"{out.name}.partial-{secrets.token_hex(4)}")
        partial.mkdir()
        try:
            handle = os.open(partial, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue  # swept between the two calls
        fcntl.flock(handle, fcntl.LOCK_EX)
        if partial.is_dir():
            return partial, handle
        os.close(handle)


def move_into_place(partial: Path, out: Path) -> None:
    """Sync the directories and rename. A directory that came to be at ``out`` meanwhile is refused by the system."""
    for directory, _, _ in os.walk(partial):
        sync_directory(Path(directory))
    try:
        partial.rename(out)
    except OSError as error:
        raise TargetNotEmptyError(f"{out} cannot be replaced by the finished release: {error.strerror}.") from error
    sync_directory(out.parent)


def write_release(*, project: Project, root: Path, terms: Terms, on_progress: Progress | None = None) -> Built:
    """All files of a release into the empty directory ``root``, from one moment of the database."""
    with snapshot(), fewer_collections():
        project = Project.objects.select_related("codebook").get(pk=project.pk)
        codebook = project.codebook
        scheme = scheme_of(project, codebook)
        roles = people_of(project)
        names = {user: name for user, (name, _) in roles.items()}
        recorder = Recorder(project, scheme, names, terms.text_mode, terms.times)
        total = (
            ProjectArticle.objects.filter(project=project, excluded=False)
            .exclude(article__uuid__in=terms.exclusions)
            .count()
        )
        readings = Readings(scheme)
        unit_counts: dict[str, int] = {}
        book = Book(codebook.name, enabled_content(codebook.content, project.switches))
        writers = [FORMATS[name].load()(root, book) for name in terms.formats]
        with ExitStack() as stack:
            files = {
                name: stack.enter_context(RecordFile(root, f"data/{name}.jsonl", record))
                for name, record in FILES.items()
            }
            for done, row in enumerate(
                articles_with_work(
                    project,
                    labels=scheme.labels,
                    include_unfinished=terms.include_unfinished,
                    without=terms.exclusions,
                ),
                1,
            ):
                article = recorder.article(row)
                annotations = list(recorder.annotations(row))
                units = list(
                    units_of(
                        row.text,
                        annotations,
                        scheme,
                        shown=terms.text_mode != "positions",
                        threshold=terms.threshold,
                    )
                )
                readings.add(article, annotations)
                files["articles"].write(article)
                files["annotations"].write_all(annotations)
                files["spans_aggregated"].write_all(units)
                for unit in units:
                    unit_counts[unit.layer] = unit_counts.get(unit.layer, 0) + 1
                for writer in writers:
                    writer.add(article, annotations, units)
                if on_progress is not None:
                    on_progress(done, total)
            wanted = Wanted(terms.bootstrap, terms.seed, implementation_of(terms.tool_version))
            of_corpus = []
            for figure in agreement_figures(readings, scheme, wanted):
                files["agreement"].write(figure)
                if figure.scope == "corpus":
                    of_corpus.append(figure)
            files["annotators"].write_all(annotators(roles, recorder.counts.readings))
        others = [file for writer in writers for file in writer.close()]
        if others:
            sync_everything()
        created = state_of(recorder.counts.latest or project.created_at, terms.times)
        data = [file.written for file in files.values()] + [file for file in others if file.path.startswith("data/")]
        extras = [file for file in others if not file.path.startswith("data/")]
        told = told_of(project)
        facts = Facts(project, codebook, terms.version, terms.text_mode, created, recorder.counts, data, told, extras)
        manifest = manifest_of(
            project=project,
            codebook=codebook,
            guideline_version=scheme.guideline_version,
            terms=terms,
            counts=recorder.counts,
            created=created,
            figures=headline(of_corpus),
            drawn=readings.drawn,
            units=unit_counts,
        )
    papers = {
        **papers_of(facts),
        "CHANGELOG.md": changelog(terms.previous, manifest),
        "plots/agreement.svg": agreement_plot(of_corpus),
        "plots/labels.svg": labels_plot(recorder.counts.labels),
    }
    written = [*data, *extras, *(write_text(root, path, content) for path, content in papers.items())]
    written.sort(key=lambda file: file.path)
    manifest["files"] = [
        {"path": file.path, "sha256": file.sha256, "bytes": file.bytes, "records": file.records} for file in written
    ]
    last = write_text(root, MANIFEST, pretty(manifest))
    return Built(root, project.slug, terms.version, last.sha256, written, dict(manifest))


@contextmanager
def fewer_collections() -> Iterator[None]:
    """Records hold no cycles, and so many of them come and go that looking for some is a tenth of the work."""
    before = gc.get_threshold()
    if before[0] == 0 or before[0] >= COLLECT_AFTER:  # none at all, or another build asked for it
        yield
        return
    gc.set_threshold(COLLECT_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def papers_of(facts: Facts) -> dict[str, str]:
    """Path and content of everything but data, pictures, changes and manifest."""
    records = FILES | {name: record for name, record in VIEWS.items() if name in facts.configs}
    return {
        "README.md": readme(facts),
        "DATASTATEMENT.md": data_statement(facts),
        "LICENSE.md": licence(facts),
        "CITATION.cff": citation(facts),
        "croissant.json": pretty(croissant(facts)),
        "guidelines.md": guidelines(facts.project),
        "schema/codebook.json": pretty(facts.codebook.content),
        **{f"schema/{name}.schema.json": pretty(json_schema(record)) for name, record in records.items()},
    }


def guidelines(project: Project) -> str:
    """The annotators' instructions with LF, or a line that says there were none."""
    text = project.guidelines.replace("\r\n", "\n").strip("\n")
    return f"{text or 'The annotators had the codebook and no further guidelines.'}\n"


def guideline_version(text: str) -> str:
    """Which instructions annotators had. The prefix keeps readers from taking digits for a number: 12e456789012."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def scheme_of(project: Project, codebook: Codebook) -> Scheme:
    """What the codebook says about labels, attributes and questions, by the keys that rows carry."""
    attributes = {
        label["code"]: tuple(attribute["name"] for attribute in label.get("attributes", ()))
        for layer in codebook.content.get("layers", ())
        for label in layer["labels"]
    }
    on = {
        label["code"]
        for layer in enabled_content(codebook.content, project.switches)["layers"]
        for label in layer["labels"]
    }
    rows = list(Label.objects.filter(codebook=codebook, code__in=on).order_by("index"))
    return Scheme(
        codebook_version=str(codebook),
        guideline_version=guideline_version(project.guidelines) if project.guidelines else None,
        labels={row.pk: LabelFacts(row.code, row.layer, attributes.get(row.code, ())) for row in rows},
        layers=tuple(dict.fromkeys(row.layer for row in rows)),
        indexes={row.code: row.index for row in rows},
        questions=tuple(question_code(question) for question in codebook.content.get("questions", ())),
        schema=schema_of(project),
    )


def people_of(project: Project) -> dict[int, tuple[str, str]]:
    """user id → (pseudonym, role), also of annotators who left the project.

    Theirs comes from their first task's random uuid: stored, in the release anyway, and no way back to the person.
    """
    people = pseudonyms(project)
    gone = (
        Task.objects.filter(project=project, annotator__isnull=False)
        .exclude(annotator__in=list(people))
        .values_list("annotator")
        .annotate(first=Min(Cast("uuid", TextField())))  # min(uuid) came with Postgres 18
    )
    for user, first in gone:
        people[user] = (f"a{hashlib.sha256(first.encode()).hexdigest()[:10]}", "annotator")
    return people


def annotators(roles: dict[int, tuple[str, str]], readings: dict[str, int]) -> list[Annotator]:
    """Those with a row in annotations.jsonl, by id."""
    return [
        Annotator(name, role, None, None, None, readings[name])
        for name, role in sorted(roles.values())
        if name in readings
    ]
