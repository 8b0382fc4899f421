"""A sign of life goes on after a beat that failed, and remembers that the work was lost."""

import time

from corpus.heartbeat import Heartbeat


class Told(Heartbeat):
    """Does at each beat what it is told: an exception is raised, anything else returned; True in the end."""

    def __init__(self, *told: bool | Exception) -> None:
        super().__init__("told", every=0.005)
        self.told = list(told)
        self.beats = 0

    def beat(self) -> bool:
        self.beats += 1
        next_one = self.told.pop(0) if self.told else True
        if isinstance(next_one, Exception):
            raise next_one
        return next_one


def until_told(heart: Told, *, more: int = 2) -> None:
    wanted, deadline = heart.beats + len(heart.told) + more, time.monotonic() + 10
    while heart.beats < wanted and time.monotonic() < deadline:
        time.sleep(0.005)


def test_a_beat_that_fails_is_not_the_last(caplog):
    with Told(OSError("the database is away"), True) as heart:
        until_told(heart)

    assert heart.beats >= 4
    assert not heart.is_lost
    assert "Progress could not be noted" in caplog.text


def test_what_was_lost_stays_lost_and_no_beat_follows_the_end():
    with Told(True, False, True) as heart:
        until_told(heart)
        assert heart.is_lost

    beats = heart.beats
    time.sleep(0.05)
    assert heart.beats == beats
