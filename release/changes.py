"""What changed between two releases, from their manifests alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COUNTED = (("articles", "Articles"), ("annotators", "Annotators"), ("spans", "Marks"), ("relations", "Relations"))
NOTHING_BEFORE = "This is the first version.\n"


def changelog(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> str:
    """CHANGELOG.md: articles, people, marks, labels and agreement, each as before → now; unchanged ones are left out."""
    head = f"# Changes in version {now['version']}\n\n"
    if before is None:
        return head + NOTHING_BEFORE
    parts = [
        ("Terms", _terms(before, now)),
        ("Articles, people, marks", _counts(before, now)),
        ("Labels", _labels(before, now)),
        ("Agreement", _agreement(before, now)),
        ("Articles left out", _excluded(before, now)),
    ]
    body = "".join(f"\n## {title}\n\n{text}" for title, text in parts if text)
    return f"{head}Since version {before['version']}, which had the state of {before['created']}.\n" + (
        body or "\nNothing that the manifest counts has changed.\n"
    )


def _table(what: str, rows: list[tuple[str, object, object]]) -> str:
    changed = [f"| {name} | {_shown(old)} | {_shown(new)} |\n" for name, old, new in rows if old != new]
    return f"| {what} | before | now |\n|---|---|---|\n{''.join(changed)}" if changed else ""


def _shown(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _terms(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    def codebook(manifest: Mapping[str, Any]) -> str:
        return f"{manifest['codebook']['name']}@{manifest['codebook']['version']}"

    rows: list[tuple[str, object, object]] = [("codebook", codebook(before), codebook(now))]
    for key in ("guidelines", "text_mode", "times", "annotators_per_article", "schema_version", "tool_version"):
        rows.append((key.replace("_", " "), before.get(key), now.get(key)))
    rows.append(("threshold of units", _threshold(before), _threshold(now)))
    return _table("term", rows)


def _threshold(manifest: Mapping[str, Any]) -> object:
    clustering = manifest.get("clustering")
    return clustering.get("threshold") if isinstance(clustering, Mapping) else None


def _counts(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    old, new = before["counts"], now["counts"]
    rows: list[tuple[str, object, object]] = [(title, old.get(key), new.get(key)) for key, title in COUNTED]
    statuses = sorted({*old["annotations"], *new["annotations"]})
    rows += [
        (f"Readings, {status}", old["annotations"].get(status, 0), new["annotations"].get(status, 0))
        for status in statuses
    ]
    return _table("what", rows)


def _labels(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    def flat(manifest: Mapping[str, Any]) -> dict[str, int]:
        by_layer = manifest["counts"]["spans_by_layer_and_label"]
        return {f"{layer} / {label}": n for layer, labels in by_layer.items() for label, n in labels.items()}

    old, new = flat(before), flat(now)
    return _table("label", [(name, old.get(name, 0), new.get(name, 0)) for name in sorted({*old, *new})])


def _agreement(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    old, new = before["agreement"].get("figures", {}), now["agreement"]["figures"]
    return _table("measure", [(name, old.get(name), new.get(name)) for name in sorted({*old, *new})])


def _excluded(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    old = {row["article_id"]: row["reason"] for row in before["excluded"]}
    new = {row["article_id"]: row["reason"] for row in now["excluded"]}
    left = [f"- `{article}`: {new[article] or 'no reason given'}\n" for article in sorted(new.keys() - old.keys())]
    back = [f"- `{article}`: back in\n" for article in sorted(old.keys() - new.keys())]
    return "".join([*left, *back])
