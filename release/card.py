"""The papers that go with the data: dataset card, data statement, licence, citation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotate.models import Codebook, Project
from release.columns import Json, features
from release.licences import Licence, licence_named
from release.records import FILES, VIEWS
from release.rows import Counts
from release.statement import GAP, Told
from release.writing import WrittenFile

RECORDS = FILES | VIEWS
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


@dataclass(frozen=True, slots=True)
class Facts:
    """What the papers tell about a release."""

    project: Project
    codebook: Codebook
    version: str
    text_mode: str
    created: str
    counts: Counts
    data: Sequence[WrittenFile]
    told: Told
    extras: Sequence[WrittenFile] = ()

    @property
    def licence(self) -> Licence | None:
        """Of the annotations, where it is one that catalogues know."""
        return licence_named(self.told.licence)

    @property
    def configs(self) -> list[str]:
        """Data files with records, in the order of the card; an empty one has no columns to load."""
        filled = {file.path for file in self.data if file.records}
        return [name for name in RECORDS if f"data/{name}.jsonl" in filled]


def yaml_of(value: Json, indent: int = 0) -> str:
    """Block YAML with every string in double quotes, which JSON's strings are: nothing can be misread as a type."""
    pad = "  " * indent
    if isinstance(value, dict):
        return "".join(f"{pad}{key}:{_after_key(one, indent)}" for key, one in value.items())
    if isinstance(value, list):
        return "".join(_item(one, indent) for one in value)
    return f"{pad}{_scalar(value)}\n"


def _scalar(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _after_key(value: Json, indent: int) -> str:
    if isinstance(value, (dict, list)) and value:
        return "\n" + yaml_of(value, indent + 1)
    return f" {_scalar(value)}\n"


def _item(value: Json, indent: int) -> str:
    pad = "  " * indent
    if isinstance(value, dict) and value:
        block = yaml_of(value, indent + 1)
        return f"{pad}- {block[len(pad) + 2 :]}"
    return f"{pad}- {_scalar(value)}\n"


def front_matter(facts: Facts) -> dict[str, Json]:
    """The card's machine-readable head (huggingface/hub-docs, datasetcard.md)."""
    most = facts.counts.spans or sum(facts.counts.splits.values())
    size = next((name for limit, name in SIZES if most < limit), "n>1M")
    languages: list[Json] = [*sorted({language.partition("-")[0] for language in facts.counts.languages})]
    return {
        "pretty_name": facts.project.title,
        "language": languages,
        **_licence_of(facts),
        "annotations_creators": ["expert-generated"],
        "language_creators": ["found"],
        "multilinguality": ["multilingual" if len(languages) > 1 else "monolingual"],
        "size_categories": [size],
        "source_datasets": ["original"],
        "task_categories": ["token-classification"],
        "tags": ["media-bias", "framing", "attribution", "human-label-variation"],
        "configs": [
            {
                "config_name": name,
                **({"default": True} if place == 0 else {}),
                "data_files": [{"split": "train", "path": f"data/{name}.jsonl"}],
            }
            for place, name in enumerate(facts.configs)
        ],
        "dataset_info": [{"config_name": name, "features": features(RECORDS[name])} for name in facts.configs],
    }


def _licence_of(facts: Facts) -> dict[str, Json]:
    """The annotations' own where no full text is in the release, else a name that sends readers to LICENSE.md."""
    known = facts.licence
    if known and facts.text_mode != "full":
        return {"license": known.hub}
    name = f"{known.hub}-for-annotations-texts-apart" if known else "see-license-file"
    return {"license": "other", "license_name": name, "license_link": "LICENSE.md"}


def readme(facts: Facts) -> str:
    """README.md: a dataset card."""
    counts = facts.counts
    rows = "\n".join(f"| `{file.path}` | {file.records} |" for file in facts.data)
    labels = "\n".join(
        f"| {layer} | {label} | {n} |"
        for layer, of_layer in sorted(counts.labels.items())
        for label, n in sorted(of_layer.items())
    )
    empty = [file.path for file in facts.data if not file.records]
    without = (
        f"Without records, and so without a configuration: {', '.join(f'`{path}`' for path in empty)}.\n"
        if empty
        else ""
    )
    first = facts.configs[0] if facts.configs else "articles"
    extras = sorted({"/".join(file.path.split("/")[:2]) for file in facts.extras})
    others = f"\nThe same in other formats: {', '.join(f'`{path}`' for path in extras)}.\n" if extras else ""
    statuses = ", ".join(f"{n} {status}" for status, n in sorted(counts.statuses.items())) or "none yet"
    return f"""---
{yaml_of(front_matter(facts))}---

# {facts.project.title}, version {facts.version}

Passages of news articles marked and labelled by several people, each annotator's readings kept apart.
State of the data: {facts.created}.

```python
import datasets

data = datasets.load_dataset("PATH/TO/THIS/DIRECTORY", "{first}", split="train")
```

| file | records |
|---|---|
{rows}

{without}{others}
The split `train` above is the library's name for the whole file; the division into training and test data is the
column `split` of the articles, which keeps all articles of one event together.

## Dataset structure

- Offsets are Unicode code points, half-open, into `text` of the article. Text mode of this release: {facts.text_mode}.
- `annotations`: one row for each article and annotator. Read and marked nothing is a row with no spans; an article
  nobody read has no row.
- `spans_aggregated`: passages that annotators of one article agree on in part, with the share of votes for each label
  and for `O` (marked nothing). A tie has no `hard_label`.
- `agreement`: measures with bootstrap intervals over articles. A measure that is not defined is null, with its reason.
- Every field is explained in `schema/*.schema.json`; labels and attributes in `schema/codebook.json`; the annotators'
  instructions in `guidelines.md`; every file's SHA-256 in `manifest.json`.

| layer | label | spans |
|---|---|---|
{labels}

![Marks by label](plots/labels.svg)

## Agreement

![Krippendorff's alpha on characters by label](plots/agreement.svg)

All figures, with intervals and what they rest on, are in `data/agreement.jsonl`.

## Annotation process

Codebook {facts.codebook.name}, version {facts.codebook.version}. Wanted readings for each article:
{facts.project.annotators_per_article}. Hidden from annotators: {", ".join(sorted(facts.project.blind_fields)) or "nothing"}.
Readings: {statuses}, by {len(counts.readings)} annotators.

## Who are the annotators?

They appear under random ids that say nothing about the person.

{facts.told.or_gap("annotator_demographic")}

## Personal and sensitive information

Articles name people in public life and private persons as the outlets did. Comments are the annotators' own words.

{facts.told.or_gap("personal_information")}

## Bias, risks and limitations

Labels record how readers understood a text, not what is true. Low agreement on a label is a finding about the label
and the texts; look at `agreement` before training on `hard_label`.

{facts.told.or_gap("limitations")}

## Versions

A version never changes. What this one changed is in `CHANGELOG.md`.

## Licence and citation

See `LICENSE.md` and `CITATION.cff`.

```bibtex
{bibtex(facts)}
```
"""


def data_statement(facts: Facts) -> str:
    """DATASTATEMENT.md after Bender & Friedman (2018): what the tool counted, and what people told or have yet to."""
    told = facts.told
    counts = facts.counts
    languages = ", ".join(f"{tag} ({n} articles)" for tag, n in sorted(counts.languages.items()))
    statuses = ", ".join(f"{n} {status}" for status, n in sorted(counts.statuses.items())) or "none yet"
    known: Mapping[str, str] = {
        "Header": f"- Title: {facts.project.title}\n- Version: {facts.version}\n- State of the data: {facts.created}\n"
        f"- Authors: {', '.join(authors_of(told)) or GAP}",
        "Executive summary": f"{facts.project.title}, version {facts.version}: "
        f"{sum(counts.splits.values())} news articles, {counts.spans} marked spans, "
        f"{len(counts.readings)} annotators. Readings: {statuses}.",
        "Curation rationale": told.or_gap("curation_rationale"),
        "Documentation for source datasets": told.source_datasets
        or "The articles were imported from their outlets, not from another data set, as far as the tool knows. " + GAP,
        "Language varieties": languages or "No article says its language. " + GAP,
        "Language user demographic": told.or_gap("language_user_demographic"),
        "Annotator demographic": f"{len(counts.readings)} annotators, under random ids.\n\n"
        + told.or_gap("annotator_demographic"),
        "Linguistic situation and text characteristics": "Written, edited news.\n\n"
        + told.or_gap("text_characteristics"),
        "Preprocessing and data formatting": "Text is in Unicode NFC with LF line ends; navigation and other page "
        "debris was removed by named rules; the headline comes first. Offsets count code points."
        + (f"\n\n{told.preprocessing}" if told.preprocessing else ""),
        "Capture quality": told.or_gap("capture_quality"),
        "Limitations": told.or_gap("limitations"),
        "Metadata": "- License: LICENSE.md\n- Annotation guidelines: guidelines.md\n"
        f"- Codebook: {facts.codebook.name} {facts.codebook.version}, schema/codebook.json\n"
        "- Agreement: data/agreement.jsonl\n- Annotation platform: Slantwise",
        "Disclosure and ethical review": told.or_gap("ethical_review"),
        "Personal and sensitive information": told.or_gap("personal_information"),
        "Distribution": told.or_gap("distribution"),
        "Maintenance": "A version never changes; corrections are a new version."
        + (f"\n\n{told.maintenance}" if told.maintenance else ""),
    }
    return f"# Data statement: {facts.project.title}, version {facts.version}\n" + "".join(
        f"\n## {heading}\n\n{text}\n" for heading, text in known.items()
    )


def authors_of(told: Told) -> list[str]:
    """One a line."""
    return [line.strip() for line in told.authors.split("\n") if line.strip()]


def bibtex(facts: Facts) -> str:
    """An entry for a list of references. Braces and backslashes, which would end a field or begin a command, are left out."""
    fields = {
        "author": " and ".join(f"{{{_bare(name)}}}" for name in authors_of(facts.told)),
        "title": f"{{{_bare(facts.project.title)}}}",
        "version": facts.version,
        "year": facts.created[:4],
    }
    rows = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{facts.project.slug}-{facts.version},", ",\n".join(rows), "}"])


def _bare(text: str) -> str:
    return text.translate(dict.fromkeys(map(ord, "{}\\")))


def licence(facts: Facts) -> str:
    """LICENSE.md: annotations and text are different works."""
    text = {
        "full": "This release contains the articles' full text. Each article's rights are in `license_text`; where it "
        "is null they were not recorded, and the text must not be passed on without permission.",
        "quotes": "This release contains the marked passages with a little context, not the articles.",
        "positions": "This release contains no text of the articles, only positions in it.",
    }[facts.text_mode]
    known = facts.licence
    annotations = (
        f"{known.spdx} ({known.url})." if known else facts.told.licence
    ) or f"{GAP} A usual choice is CC-BY-4.0 (https://creativecommons.org/licenses/by/4.0/)."
    return f"""# Licence

## Annotations

{annotations}

## Texts of the articles

{text} Rights in the texts stay with their owners.
"""


def citation(facts: Facts) -> str:
    """CITATION.cff. Authors as they were told: a name of one field, which is right for people and institutions."""
    authors = authors_of(facts.told)
    asked = "" if authors else " Replace the authors before publication."
    content: dict[str, Json] = {
        "cff-version": "1.2.0",
        "message": f"If you use this dataset, please cite it.{asked}",
        "type": "dataset",
        "title": facts.project.title,
        "version": facts.version,
        "date-released": facts.created[:10],
        "authors": [{"name": name} for name in authors or ["To be filled in before publication"]],
    }
    if facts.licence:
        content["license"] = facts.licence.spdx
    return yaml_of(content)
