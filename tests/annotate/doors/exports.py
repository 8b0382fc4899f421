"""Small exports as each tool writes them, of one text with emoji, a joined emoji and a composed accent.

Label Studio: the task format of its documentation, offsets in code points as its editor's test
"Should calculate offsets by code points in text" has them. doccano: the dictionaries of ``data_export/models.py``.
INCEpTION: the reference files of ``inception-io-webanno-tsv`` (format 3.3), offsets in UTF-16 units.
"""

import json
from typing import Any

TEXT = "Crowd 😀 grows\n\nAbout 7,500 people left, officials said. 👨‍👩‍👧 María said 8,000."
# What every export below says: quantity attributed to a source, both after emoji.
MARKS = [("QUANTITY", "8,000"), ("SOURCE", "María")]


def place(words: str, text: str = TEXT) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


def utf16(offset: int, text: str = TEXT) -> int:
    return len(text[:offset].encode("utf-16-le")) // 2


def label_studio(*, unit: str = "code-points", quotes: bool = True) -> str:
    """Two people on one task; the first links the marks and answers a question, the second marked nothing."""

    def region(key: str, label: str, words: str) -> dict[str, Any]:
        start, end = place(words)
        if unit == "utf-16":
            start, end = utf16(start), utf16(end)
        value = {"start": start, "end": end, "labels": [label]} | ({"text": words} if quotes else {})
        return {
            "id": key,
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": value,
            "origin": "manual",
        }

    quantity = region("q1", "QUANTITY", "8,000")
    number = {**quantity, "from_name": "value", "type": "number", "value": {**quantity["value"], "number": 8000}}
    link = {"type": "relation", "from_id": "q1", "to_id": "s1", "direction": "right", "labels": ["ATTRIBUTED_TO"]}
    tone = {"id": "t1", "from_name": "tone", "to_name": "text", "type": "choices", "value": {"choices": ["pro"]}}
    source = {**region("s1", "SOURCE", "María"), "meta": {"text": ["a bystander"]}}
    annotations = [
        {
            "id": 11,
            "completed_by": 1,
            "result": [quantity, number, source, link, tone],
            "was_cancelled": False,
            "ground_truth": False,
            "created_at": "2026-03-09T22:16:08.728353Z",
            "updated_at": "2026-03-09T22:16:08.728378Z",
            "lead_time": 64.288,
            "prediction": {},
            "task": 1,
        },
        {"id": 12, "completed_by": {"id": 2, "email": "noor"}, "result": [], "was_cancelled": False, "task": 1},
    ]
    tasks = [{"id": 1, "data": {"text": TEXT}, "annotations": annotations, "predictions": [], "meta": {}, "project": 3}]
    return json.dumps(tasks)


def doccano(*, relations: bool = True, graphemes: bool = False) -> str:
    def offsets(words: str) -> tuple[int, int]:
        start, end = place(words)
        # The family is five code points that make one grapheme.
        return (start - 4, end - 4) if graphemes else (start, end)

    (q_start, q_end), (s_start, s_end) = offsets("8,000"), offsets("María")
    if not relations:
        labels = [[q_start, q_end, "QUANTITY"], [s_start, s_end, "SOURCE"]]
        return json.dumps({"id": 7, "text": TEXT, "label": labels, "Comments": []}) + "\n"
    entities = [
        {"id": 1, "label": "QUANTITY", "start_offset": q_start, "end_offset": q_end},
        {"id": 2, "label": "SOURCE", "start_offset": s_start, "end_offset": s_end},
    ]
    links = [{"id": 3, "from_id": 1, "to_id": 2, "type": "ATTRIBUTED_TO"}]
    return json.dumps({"id": 7, "text": TEXT, "entities": entities, "relations": links, "Comments": []}) + "\n"


def brat() -> str:
    (q_start, q_end), (s_start, s_end) = place("8,000"), place("María")
    a_start, a_end = place("About")
    p_start, p_end = place("people")
    return (
        f"T1\tQUANTITY {q_start} {q_end}\t8,000\n"
        f"T2\tSOURCE {s_start} {s_end}\tMaría\n"
        f"T3\tCONTENT {a_start} {a_end};{p_start} {p_end}\tAbout people\n"
        "R1\tATTRIBUTED_TO Arg1:T1 Arg2:T2\t\n"
        "A1\tvalue T1 8000\n"
        "A2\tmark-unsure T2\n"
        "#1\tAnnotatorNotes T2\ta bystander\n"
        "*\tEquiv T1 T2\n"
    )


def webanno() -> str:
    """Sentences of our text with tokens; the blank line between the first two is not written."""
    sentences = ["Crowd 😀 grows", "About 7,500 people left, officials said.", "👨‍👩‍👧 María said 8,000."]
    marks = {"8,000": ("QUANTITY", "8000"), "María": ("SOURCE", "*")}
    lines = [
        "#FORMAT=WebAnno TSV 3.3",
        "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue",
        "#T_SP=webanno.custom.Media|label|value",
        "#T_RL=webanno.custom.Link|value|BT_webanno.custom.Media",
        "",
        "",
    ]
    after = 0
    for number, sentence in enumerate(sentences, 1):
        begin = TEXT.index(sentence, after)
        after = begin + len(sentence)
        lines.append(f"#Text={sentence}")
        at = begin
        for token_number, token in enumerate(sentence.replace(",000.", ",000 .").split(), 1):
            at = TEXT.index(token, at)
            label, value = marks.get(token, ("_", "_"))
            link = "ATTRIBUTED\\_TO\t3-4" if token == "María" else "_\t_"
            cells = f"NN\t{label}\t{value}\t{link}\t"
            lines.append(f"{number}-{token_number}\t{utf16(at)}-{utf16(at + len(token))}\t{token}\t{cells}")
            at += len(token)
        lines.append("")
    return "\n".join(lines)
