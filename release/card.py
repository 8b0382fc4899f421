"""The papers that go with the data: dataset card, data statement, licence, citation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotate.models import Codebook, Project
from release.columns import Json, features
from release.records import FILES
from release.rows import Counts
from release.writing import WrittenFile

GAP = "*To be filled in before publication.*"
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

    @property
    def configs(self) -> list[str]:
        """Data files with records, in the order of the card; an empty one has no columns to load."""
        filled = {file.path for file in self.data if file.records}
        return [name for name in FILES if f"data/{name}.jsonl" in filled]


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
        "license": "other",
        "license_name": "see-license-file",
        "license_link": "LICENSE.md",
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
        "dataset_info": [{"config_name": name, "features": features(FILES[name])} for name in facts.configs],
    }


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

{without}
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

## Annotation process

Codebook {facts.codebook.name}, version {facts.codebook.version}. Wanted readings for each article:
{facts.project.annotators_per_article}. Hidden from annotators: {", ".join(sorted(facts.project.blind_fields)) or "nothing"}.
Readings: {statuses}, by {len(counts.readings)} annotators.

## Who are the annotators?

They appear under random ids that say nothing about the person. {GAP}

## Personal and sensitive information

Articles name people in public life and private persons as the outlets did. Comments are the annotators' own words.
{GAP}

## Bias, risks and limitations

Labels record how readers understood a text, not what is true. Low agreement on a label is a finding about the label
and the texts; look at `agreement` before training on `hard_label`. {GAP}

## Licence and citation

See `LICENSE.md` and `CITATION.cff`.
"""


def data_statement(facts: Facts) -> str:
    """DATASTATEMENT.md after Bender & Friedman (2018); what the tool cannot know is marked."""
    languages = ", ".join(f"{tag} ({n} articles)" for tag, n in sorted(facts.counts.languages.items())) or GAP
    known: Mapping[str, str] = {
        "Executive summary": f"{facts.project.title}, version {facts.version}: "
        f"{sum(facts.counts.splits.values())} news articles, {facts.counts.spans} marked spans, "
        f"{len(facts.counts.readings)} annotators.",
        "Curation rationale": GAP,
        "Documentation for source datasets": "None: the articles were imported from their outlets. " + GAP,
        "Language varieties": languages,
        "Language user demographic": GAP,
        "Annotator demographic": f"{len(facts.counts.readings)} annotators. " + GAP,
        "Linguistic situation and text characteristics": "Written, edited news. " + GAP,
        "Preprocessing and data formatting": "Text is in Unicode NFC with LF line ends; navigation and other page "
        "debris was removed by named rules; the headline comes first. Offsets count code points.",
        "Capture quality": GAP,
        "Limitations": GAP,
        "Metadata": "License: see LICENSE.md. Annotation guidelines: guidelines.md. "
        f"Codebook: {facts.codebook.name} {facts.codebook.version}, schema/codebook.json.",
        "Disclosure and ethical review": GAP,
        "Distribution": GAP,
        "Maintenance": "A version never changes; corrections are a new version.",
    }
    return f"# Data statement: {facts.project.title}, version {facts.version}\n" + "".join(
        f"\n## {heading}\n\n{text}\n" for heading, text in known.items()
    )


def licence(facts: Facts) -> str:
    """LICENSE.md: annotations and text are different works."""
    text = {
        "full": "This release contains the articles' full text. Each article's rights are in `license_text`; where it "
        "is null they were not recorded, and the text must not be passed on without permission.",
        "quotes": "This release contains the marked passages with a little context, not the articles.",
        "positions": "This release contains no text of the articles, only positions in it.",
    }[facts.text_mode]
    return f"""# Licence

## Annotations

{GAP} A usual choice is CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/).

## Texts of the articles

{text} Rights in the texts stay with their owners.
"""


def citation(facts: Facts) -> str:
    """CITATION.cff; the authors are not known to the tool."""
    content: dict[str, Json] = {
        "cff-version": "1.2.0",
        "message": "If you use this dataset, please cite it. Replace the authors before publication.",
        "type": "dataset",
        "title": facts.project.title,
        "version": facts.version,
        "date-released": facts.created[:10],
        "authors": [{"name": "To be filled in before publication"}],
    }
    return yaml_of(content)
