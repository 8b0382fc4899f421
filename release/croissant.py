"""croissant.json: the data files and their columns as Croissant 1.0 JSON-LD (mlcommons.org/croissant/1.0)."""

from __future__ import annotations

from release import records
from release.card import RECORDS, Facts, authors_of, bibtex
from release.columns import Column, Json, columns_of, is_record

_CR = [
    "arrayShape",
    "citeAs",
    "column",
    "containedIn",
    "equivalentProperty",
    "extract",
    "field",
    "fileProperty",
    "fileObject",
    "fileSet",
    "format",
    "includes",
    "isArray",
    "isLiveDataset",
    "jsonPath",
    "key",
    "md5",
    "parentField",
    "path",
    "recordSet",
    "references",
    "regex",
    "repeated",
    "replace",
    "samplingRate",
    "separator",
    "source",
    "subField",
    "transform",
]
CONTEXT: dict[str, Json] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{name: f"cr:{name}" for name in _CR},
}
TYPES = {str: "sc:Text", records.Time: "sc:DateTime", int: "sc:Integer", float: "sc:Float", bool: "sc:Boolean"}
KEYS = {
    "articles": "article_id",
    "annotations": "annotation_id",
    "spans_aggregated": "unit_id",
    "adjudicated": "span_id",
    "annotators": "annotator_id",
}


def croissant(facts: Facts) -> dict[str, Json]:
    """Lists within lists, as the fragments of the spans of an annotation, are in schema/ and left out here.

    The format could say them, but its library mlcroissant does not read them.
    """
    files = {file.path: file for file in facts.data if file.records}
    distribution: list[Json] = [
        {
            "@type": "cr:FileObject",
            "@id": path.removeprefix("data/"),
            "name": path.removeprefix("data/"),
            "contentUrl": path,
            "contentSize": f"{file.bytes} B",
            "encodingFormat": "application/jsonlines",
            "sha256": file.sha256,
        }
        for path, file in sorted(files.items())
    ]
    told = facts.told
    known: dict[str, Json] = {
        "license": facts.licence.url if facts.licence else told.licence,
        "creator": [{"@type": "sc:Person", "name": name} for name in authors_of(told)],
        "rai:annotatorDemographics": told.annotator_demographic,
        "rai:dataLimitations": told.limitations,
        "rai:personalSensitiveInformation": told.personal_information,
        "rai:dataCollection": told.curation_rationale,
    }
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": facts.project.slug,
        "description": f"{facts.project.title}: passages of news articles labelled by several annotators.",
        "citeAs": bibtex(facts),
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "version": facts.version,
        "datePublished": facts.created[:10],
        "distribution": distribution,
        "recordSet": [_record_set(name) for name in facts.configs],
        "rai:dataAnnotationProtocol": "Annotators mark spans of each article by themselves; see guidelines.md.",
        "rai:dataAnnotationPlatform": "Slantwise",
        "rai:annotationsPerItem": str(facts.project.annotators_per_article),
        "rai:dataReleaseMaintenancePlan": "A version never changes; corrections are a new version.",
        **{key: value for key, value in known.items() if value},
    }


def _record_set(name: str) -> dict[str, Json]:
    described: dict[str, Json] = {"@type": "cr:RecordSet", "@id": name, "name": name}
    if name in KEYS:
        described["key"] = {"@id": f"{name}/{KEYS[name]}"}
    described["field"] = [_field(name, column) for column in columns_of(RECORDS[name])]
    return described


def _field(name: str, column: Column) -> dict[str, Json]:
    """A column; one that holds records has their columns as its own fields, each taken out of every record."""
    described = _head(f"{name}/{column.name}", column)
    if not is_record(column.kind):
        return {**described, "dataType": TYPES[column.kind], "source": _source(name, column)}
    return described | {
        "subField": [
            {
                **_head(f"{name}/{column.name}/{inner.name}", inner),
                "dataType": TYPES[inner.kind],
                "source": {**_source(name, column), "transform": {"jsonPath": inner.name}},
            }
            for inner in columns_of(column.kind)
            if not is_record(inner.kind)
        ]
    }


def _head(key: str, column: Column) -> dict[str, Json]:
    head: dict[str, Json] = {
        "@type": "cr:Field",
        "@id": key,
        "name": column.name,
        "description": column.meaning,
    }
    return {**head, "repeated": True} if column.many else head


def _source(name: str, column: Column) -> dict[str, Json]:
    return {"fileObject": {"@id": f"{name}.jsonl"}, "extract": {"column": column.name}}
