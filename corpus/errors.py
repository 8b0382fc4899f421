"""What an operation on the corpus may refuse, in the words of the domain."""


class Refusal(Exception):  # noqa: N818 - an answer in the domain's words
    """The request is understood and not granted; the message says why and what to do."""
