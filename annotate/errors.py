"""What an operation on tasks and marks may refuse, in the words of the domain."""

from typing import TypedDict


class Missing(TypedDict):
    """One thing that stands between a task and its submission; ``span`` is None where it concerns the article."""

    span: str | None
    code: str
    message: str


class Refusal(Exception):  # noqa: N818 - an answer in the domain's words
    """The request is understood and not granted: ``code`` for programs, ``message`` says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Conflict(Exception):  # noqa: N818 - an answer in the domain's words
    """The sender's picture of the task is out of date: show the current state. Nothing was changed."""

    def __init__(self, revision: int, code: str = "stale", message: str = "The task changed in the meantime.") -> None:
        super().__init__(message)
        self.revision = revision
        self.code = code
        self.message = message


class Incomplete(Exception):  # noqa: N818 - an answer in the domain's words
    """The task cannot be submitted yet."""

    def __init__(self, missing: list[Missing]) -> None:
        super().__init__(f"{len(missing)} things are missing.")
        self.missing = missing
