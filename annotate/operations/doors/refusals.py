"""Why a reading cannot be taken."""

from __future__ import annotations

from annotate.doors.remedies import Remedy
from annotate.errors import Refusal


class DoorRefusal(Refusal):
    """A refusal whose remedy depends on where it is read: ``message`` says what is wrong, ``remedy`` what to do."""

    def __init__(self, code: str, message: str, remedy: Remedy) -> None:
        super().__init__(code, message)
        self.remedy = remedy


def remedy_of(refusal: Refusal) -> Remedy | None:
    return refusal.remedy if isinstance(refusal, DoorRefusal) else None
