"""A sign of life from work in one long transaction, of which nobody else sees anything before its end."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from typing import Literal, Self

from django.db import connection

logger = logging.getLogger(__name__)


class Heartbeat(ABC):
    """Beats every ``every`` seconds while it is entered, in a thread with a connection of its own.

    ``is_lost`` once a beat found that the work was called off or taken over.
    """

    def __init__(self, name: str, *, every: float) -> None:
        self.is_lost = False
        self._every = every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_beating, name=name, daemon=True)

    @abstractmethod
    def beat(self) -> bool:
        """Note how far the work is; False where it is not ours any more."""

    def stop(self) -> None:
        """No more notes from here on: the work writes its row itself."""
        self._ended.set()
        self._thread.join()

    def _keep_beating(self) -> None:
        try:
            while not self._ended.wait(self._every):
                try:
                    self.is_lost = self.is_lost or not self.beat()
                except Exception:
                    logger.exception("Progress could not be noted; it is tried again in %s s", self._every)
                    connection.close()
        finally:
            connection.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> Literal[False]:
        self.stop()
        return False
