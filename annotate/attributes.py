"""Attribute values and answers: *admissible* on every operation, *complete* at submission.

Works on the enabled part of a codebook (``annotate.codebook.enabled_content``) and on plain values; no database.
"""

from collections.abc import Mapping
from typing import Any

from annotate.codebook import condition_holds
from annotate.errors import Missing, Refusal
from annotate.rows import RelationRow, Rows, SpanRow
from annotate.values import LONGEST_TEXT, MOST_VALUES, check_date, check_number, check_text, shown


def check_attributes(attributes: Any, label: Mapping[str, Any]) -> dict[str, Any]:
    """``attributes`` of a mark with this label, without nulls; Refusal for the first value that is not admissible."""
    if not isinstance(attributes, dict):
        raise Refusal("wrong_type", "attributes must be an object of names and values.")
    fields = {field["name"]: field for field in label["attributes"]}
    given = {name: value for name, value in attributes.items() if value is not None}
    for name, value in given.items():
        if name not in fields:
            known = ", ".join(fields) or "none"
            raise Refusal("unknown_attribute", f"{label['code']} has no attribute {shown(name)}; it has {known}.")
        check_value(value, fields[name], name)
    return given


def check_value(value: Any, field: Mapping[str, Any], name: str) -> None:
    """Refuse a value that does not fit the field (an attribute or a question) of the codebook."""
    if not field.get("many"):
        _check_one(value, field, name)
        return
    if not isinstance(value, list):
        raise Refusal("wrong_type", f"{name} takes several values: send a list.")
    if len(value) > MOST_VALUES:
        raise Refusal("too_many_values", f"{name} has {len(value)} values; at most {MOST_VALUES} are kept.")
    for entry in value:
        _check_one(entry, field, name)
    if any(entry in value[:index] for index, entry in enumerate(value)):
        raise Refusal("repeated_value", f"{name} names a value twice; name each once.")


def what_is_missing(rows: Rows, content: Mapping[str, Any]) -> list[Missing]:
    """What stands between these marks and their submission, in the order of the text; [] where nothing does."""
    labels = {label["code"]: label for layer in content["layers"] for label in layer["labels"]}
    missing: list[Missing] = []
    for span in sorted(rows.spans.values(), key=lambda span: (span["start"], span["end"], span["id"])):
        label = labels.get(span["label"])
        if label is None:
            missing.append(
                _say(span, "label_off", f"the label {span['label']} is not used in this project; relabel it.")
            )
            continue
        missing += _missing_attributes(span, label)
        missing += _missing_rules(span, content)
        missing += _missing_relations(span, rows, content)
    missing += _misfits(rows, content)
    for question in content["questions"]:
        if question.get("required") and _is_empty(rows.answers.get(question["code"])):
            missing.append({"span": None, "code": "answer_missing", "message": f"Answer “{question['title']}”."})
    return missing


def relation_fits(relation: Mapping[str, Any], from_label: str, to_label: str) -> bool:
    """Whether this entry of the codebook's relations joins marks of these labels."""
    return from_label in relation["from"] and to_label in relation["to"]


def _check_one(value: Any, field: Mapping[str, Any], name: str) -> None:
    match field["type"]:
        case "choice":
            codes = [option["code"] for option in field["values"]]
            if not isinstance(value, str) or value not in codes:
                raise Refusal("not_an_option", f"{name} must be one of {', '.join(codes)}, not {shown(value)}.")
        case "number":
            check_number(value, name)
        case "boolean":
            if not isinstance(value, bool):
                raise Refusal("wrong_type", f"{name} must be true or false, not {shown(value)}.")
        case "date":
            check_date(value, name)
        case _:
            check_text(value, name, LONGEST_TEXT)


def _is_empty(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _say(span: SpanRow, code: str, message: str) -> Missing:
    quote = span["quote"] if len(span["quote"]) <= 40 else span["quote"][:39] + "…"
    return {"span": span["id"], "code": code, "message": f"{span['label']} “{quote}”: {message}"}


def _missing_attributes(span: SpanRow, label: Mapping[str, Any]) -> list[Missing]:
    given = span["attributes"]
    return [
        _say(span, "attribute_missing", f"fill in {field['title']}.")
        for field in label["attributes"]
        if field.get("required") and condition_holds(field.get("when"), given) and _is_empty(given.get(field["name"]))
    ]


def _missing_rules(span: SpanRow, content: Mapping[str, Any]) -> list[Missing]:
    return [
        _say(span, "one_of_missing", rule.get("message") or f"fill in one of {', '.join(rule['one_of'])}.")
        for rule in content["rules"]
        if rule["label"] == span["label"] and all(_is_empty(span["attributes"].get(name)) for name in rule["one_of"])
    ]


def _missing_relations(span: SpanRow, rows: Rows, content: Mapping[str, Any]) -> list[Missing]:
    found: list[Missing] = []
    for relation in content["relations"]:
        if span["label"] not in relation["from"]:
            continue
        number = sum(
            1
            for row in rows.relations.values()
            if row["from_span"] == span["id"]
            and row["type"] == relation["type"]
            and relation_fits(relation, span["label"], _label_of(rows, row["to_span"]))
        )
        exempt = "unless" in relation and condition_holds(relation["unless"], span["attributes"])
        if number < relation.get("min", 0) and not exempt:
            found.append(
                _say(span, "relation_missing", f"link it: {relation['title']} ({' or '.join(relation['to'])}).")
            )
        most = relation.get("max")
        if most is not None and number > most:
            found.append(_say(span, "too_many_relations", f"{relation['title']} may be linked {most} times at most."))
    return found


def _misfits(rows: Rows, content: Mapping[str, Any]) -> list[Missing]:
    """Relations whose ends were relabelled after they were linked."""
    return [
        {"span": row["from_span"], "code": "relation_misfit", "message": f"Remove or redo the link {row['type']}."}
        for row in rows.relations.values()
        if not _fits_any(row, rows, content)
    ]


def _fits_any(row: RelationRow, rows: Rows, content: Mapping[str, Any]) -> bool:
    ends = _label_of(rows, row["from_span"]), _label_of(rows, row["to_span"])
    return any(relation["type"] == row["type"] and relation_fits(relation, *ends) for relation in content["relations"])


def _label_of(rows: Rows, span: str) -> str:
    return rows.spans[span]["label"]
