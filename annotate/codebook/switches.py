"""The part of a codebook that a project has switched on, and whether a condition in it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from annotate.codebook.content import labels_of
from annotate.codebook.reading import CodebookError, Json

MAX_DIGITS = 9


def switch_names(content: Mapping[str, Json]) -> dict[str, bool]:
    """What a project may switch, with the codebook's own setting.

    Labels (``CUE``), attributes (``FRAME.entman_function``), relation types (``COMPARED_TO``) and questions (``tone``).
    """
    names: dict[str, bool] = {}
    for label in labels_of(content):
        names[label["code"]] = label["enabled"]
        names |= {f"{label['code']}.{a['name']}": a["enabled"] for a in label["attributes"]}
    for relation in content["relations"]:
        names[relation["type"]] = names.get(relation["type"], False) or relation["enabled"]
    return names | {question["code"]: question["enabled"] for question in content["questions"]}


def check_switches(content: Mapping[str, Json], switches: Json) -> dict[str, bool]:
    """``switches`` if each names something of ``content`` and is true or false; else CodebookError."""
    if not isinstance(switches, Mapping):
        raise CodebookError("switches", 'must be an object such as {"CUE": true}')
    known = switch_names(content)
    for name, on in switches.items():
        if name not in known:
            raise CodebookError(f"switches.{name}", "names nothing in the codebook; use LABEL or LABEL.attribute")
        if not isinstance(on, bool):
            raise CodebookError(f"switches.{name}", "must be true or false")
    return dict(switches)


def enabled_content(content: Mapping[str, Json], switches: Mapping[str, bool]) -> dict[str, Json]:
    """``content`` reduced to what is switched on.

    Every label gains ``layer`` and ``digit``. Up to nine labels are numbered through (``digits`` is "flat"); of more
    the layer's ``shortcut`` is pressed first and the digit counts within the layer (``digits`` is "by_layer"; a tenth
    label of a layer has null). Switches that name nothing are left out of account: the codebook may be older.

    A condition that rests on an attribute that is off cannot be met, so it asks for nothing: an attribute with such a
    ``when`` is offered always and never required, a relation with such an ``unless`` has a minimum of 0.
    """
    on = switch_names(content) | {name: value for name, value in switches.items() if isinstance(value, bool)}
    layers = []
    for layer in content["layers"]:
        labels = [_enabled_label(label, layer["code"], on) for label in layer["labels"] if on[label["code"]]]
        if labels:
            layers.append({**layer, "labels": labels})
    present = {label["code"]: label for layer in layers for label in layer["labels"]}
    _number(layers, by_layer=len(present) > MAX_DIGITS)
    return {
        **content,
        "layers": layers,
        "relations": _enabled_relations(content["relations"], present, on),
        "rules": _enabled_rules(content["rules"], present),
        "questions": [question for question in content["questions"] if on[question["code"]]],
        "digits": "by_layer" if len(present) > MAX_DIGITS else "flat",
    }


def condition_holds(condition: Mapping[str, Json] | None, attributes: Mapping[str, Json]) -> bool:
    """Whether ``attributes`` meet ``{"attribute": name, "equals": value or list of values}``; no condition holds.

    An attribute with several values meets it by one of them. A missing one meets nothing but ``false``.
    """
    if condition is None:
        return True
    wanted = condition["equals"] if isinstance(condition["equals"], list) else [condition["equals"]]
    given = attributes.get(condition["attribute"])
    values = given if isinstance(given, list) else [given]
    return any(_same(value, want) for value in values for want in wanted)


def _same(value: Json, want: Json) -> bool:
    if isinstance(want, bool):
        return bool(value) is want if value is None or isinstance(value, bool) else False
    return type(value) is type(want) and value == want


def _enabled_label(label: dict[str, Json], layer: str, on: Mapping[str, bool]) -> dict[str, Json]:
    kept = [dict(a) for a in label["attributes"] if on[f"{label['code']}.{a['name']}"]]
    names = {a["name"] for a in kept}
    for attribute in kept:
        if "when" in attribute and attribute["when"]["attribute"] not in names:
            del attribute["when"]
            attribute["required"] = False
    return {**label, "attributes": kept, "layer": layer, "digit": None}


def _number(layers: list[dict[str, Json]], *, by_layer: bool) -> None:
    count = 0
    for layer in layers:
        count = 0 if by_layer else count
        for label in layer["labels"]:
            count += 1
            label["digit"] = count if count <= MAX_DIGITS else None


def _enabled_relations(
    relations: Iterable[dict[str, Json]], present: Mapping[str, dict[str, Json]], on: Mapping[str, bool]
) -> list[dict[str, Json]]:
    kept = []
    for relation in relations:
        ends = {side: [code for code in relation[side] if code in present] for side in ("from", "to")}
        if not (on[relation["type"]] and ends["from"] and ends["to"]):
            continue
        reduced = {**relation, **ends}
        if "unless" in relation:
            name = relation["unless"]["attribute"]
            if not all(name in {a["name"] for a in present[code]["attributes"]} for code in ends["from"]):
                del reduced["unless"]
                reduced["min"] = 0
        kept.append(reduced)
    return kept


def _enabled_rules(rules: Iterable[dict[str, Json]], present: Mapping[str, dict[str, Json]]) -> list[dict[str, Json]]:
    kept = []
    for rule in rules:
        names = {a["name"] for a in present[rule["label"]]["attributes"]} if rule["label"] in present else set()
        if one_of := [name for name in rule["one_of"] if name in names]:
            kept.append({**rule, "one_of": one_of})
    return kept
