"""What only people know of a data set: the headings of a data statement (Bender & Friedman 2018, version 2 and 3)."""

from __future__ import annotations

from dataclasses import dataclass, fields

GAP = "*To be written by the people who run the project (admin, Data statements), before publication.*"


@dataclass(frozen=True, slots=True)
class Told:
    """Each field as the project's managers wrote it, in Markdown; empty where nobody did."""

    authors: str = ""
    licence: str = ""
    curation_rationale: str = ""
    source_datasets: str = ""
    language_user_demographic: str = ""
    annotator_demographic: str = ""
    text_characteristics: str = ""
    preprocessing: str = ""
    capture_quality: str = ""
    limitations: str = ""
    personal_information: str = ""
    ethical_review: str = ""
    distribution: str = ""
    maintenance: str = ""

    def or_gap(self, name: str) -> str:
        """What was told under ``name``, else the sentence that says who has to."""
        told: str = getattr(self, name)
        return told or GAP

    @property
    def missing(self) -> list[str]:
        """Names of the fields nobody has written."""
        return [field.name for field in fields(self) if not getattr(self, field.name)]


def cleaned(text: str) -> str:
    """LF, no white space at the ends; headings one level below those of the statement."""
    lines = text.replace("\r\n", "\n").strip().split("\n")
    return "\n".join(f"##{line}" if line.startswith("#") else line for line in lines)
