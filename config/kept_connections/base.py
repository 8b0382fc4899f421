"""Django's PostgreSQL backend, with kept connections whose health costs no query.

Django asks ``SELECT 1`` at the first query of every request on a kept connection: a round trip as dear as reading a
task. A server that ended, restarted or closed the connection has told so: something lies in the socket to be read.
"""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks the server only where the socket says that there is something to hear."""

    def is_usable(self) -> bool:
        if self.connection is None:
            return False
        return _is_silent(self.connection.pgconn.socket) or super().is_usable()


def _is_silent(socket: int) -> bool:
    """Whether nothing waits in the socket: neither data nor its end."""
    poll = select.poll()
    poll.register(socket, select.POLLIN | select.POLLPRI)
    return not poll.poll(0)
