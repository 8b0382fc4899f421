"""What to do about what could not be taken, in the words of whoever is asked to do it: command, admin page or API.

Operations name a remedy by its kind; only the doors know what their own options and fields are called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

type Words = Mapping[str, str]

MAP_LABEL, SWITCH_ON, MAP_PERSON = "map_label", "switch_on", "map_person"
NAME_PERSON, MAKE_ACCOUNT, MAKE_MEMBER = "name_person", "make_account", "make_member"
CHECK_UNIT, ADD_ARTICLE, ADD_TEXT, WIDEN = "check_unit", "add_article", "add_text", "widen"


@dataclass(frozen=True, slots=True)
class Remedy:
    """A kind, which each of the tables below has words for, and what fills their gaps."""

    kind: str
    values: Mapping[str, str] = field(default_factory=dict)

    def in_words(self, words: Words) -> str:
        return words[self.kind].format_map(self.values)


COMMAND: Words = {
    MAP_LABEL: "Write --label-map '{name}={nearest}'{others}{has}; --label-map '{name}=' leaves it out.",
    SWITCH_ON: "Switch it on in the project, or write --label-map '{name}={nearest}'{others}.",
    MAP_PERSON: "Write --annotator-map '{name}=USERNAME'.",
    NAME_PERSON: "Say so by --annotator NAME.",
    MAKE_ACCOUNT: "Make it in the admin, have it made by --create-annotators, or write --annotator-map '{name}=USERNAME'.",
    MAKE_MEMBER: "Add the membership in the admin, or have it made by --create-annotators.",
    CHECK_UNIT: "Check the text, and the unit of the offsets (--unit).",
    ADD_ARTICLE: "Add it with import_articles --project, or name it as the project does.",
    ADD_TEXT: "Add it with import_articles --project, with no rule switched on that takes away what was annotated.",
    WIDEN: "Raise the number of annotators of the project or of the article, or write --widen to have it raised.",
}

# The names of fields are those of annotate.admin.annotation_imports and annotate.annotation_files_form.
FORM: Words = {
    MAP_LABEL: "Choose under “Labels the project does not have” what it is here{nearest_in_words}, or to leave it out.",
    SWITCH_ON: "Switch it on in the project, or choose another under “Labels the project does not have”.",
    MAP_PERSON: "Write the username that it stands for under “People who are no annotators here”.",
    NAME_PERSON: "Say so in “Whose work” when you choose the files.",
    MAKE_ACCOUNT: "Write whose account it is under “People who are no annotators here”, or tick “Make accounts and "
    "memberships that are missing”.",
    MAKE_MEMBER: "Add the person to the project, or tick “Make accounts and memberships that are missing”.",
    CHECK_UNIT: "Check the text, and what you chose in “Offsets count”.",
    ADD_ARTICLE: "Import the article into this project first, or name it as the project does.",
    ADD_TEXT: "Import the article into this project first, with no rule switched on that takes away what was annotated.",
    WIDEN: "Raise the number of annotators of the project or of the article, or tick “Make room where an article has all "
    "the readings that it wants”.",
}

API: Words = {
    MAP_LABEL: 'Map "{name}" in label_map to "{nearest}"{others}{has}, or to "" to leave it out.',
    SWITCH_ON: 'Switch it on in the project, or map "{name}" in label_map to "{nearest}"{others}.',
    MAP_PERSON: 'Map "{name}" in annotator_map to a username.',
    NAME_PERSON: "Say so in the field annotator.",
    MAKE_ACCOUNT: 'Map "{name}" in annotator_map to a username, or send create_annotators as true.',
    MAKE_MEMBER: "Have the person added to the project, or send create_annotators as true.",
    CHECK_UNIT: "Check the text, and the field unit.",
    ADD_ARTICLE: "Import the article into this project first (POST /api/v1/imports/), or name it as the project does.",
    ADD_TEXT: "Import the article into this project first (POST /api/v1/imports/), with the rules that take away what was "
    "annotated in rules_off.",
    WIDEN: "Have the number of annotators of the project or of the article raised, or send widen as true.",
}


def map_label(name: str, close: Sequence[str], known: Sequence[str], *, switched_off: bool) -> Remedy:
    """For a name that the project does not have: ``close`` are codes that resemble it, best first."""
    return Remedy(
        SWITCH_ON if switched_off else MAP_LABEL,
        {
            "name": name,
            "nearest": close[0] if close else "LABEL",
            "others": f" (or {', '.join(close[1:])})" if close[1:] else "",
            "has": "" if close else f" (the project has {', '.join(known)})",
            "nearest_in_words": f", perhaps {' or '.join(close)}" if close else "",
        },
    )
