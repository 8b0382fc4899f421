"""The codebook file: reading it, its canonical bytes, and what a project has switched on of it."""

from annotate.codebook.content import canonical_json, content_sha256, labels_of, pretty_json
from annotate.codebook.reading import ATTRIBUTE_TYPES, MAX_LABELS, CodebookError, parse_codebook
from annotate.codebook.switches import MAX_DIGITS, check_switches, condition_holds, enabled_content, switch_names

__all__ = [
    "ATTRIBUTE_TYPES",
    "MAX_DIGITS",
    "MAX_LABELS",
    "CodebookError",
    "canonical_json",
    "check_switches",
    "condition_holds",
    "content_sha256",
    "enabled_content",
    "labels_of",
    "parse_codebook",
    "pretty_json",
    "switch_names",
]
