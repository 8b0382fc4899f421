"""One POST to an address under a policy: as pages are fetched, the address that was checked is the one connected to."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Mapping

from corpus.readers.fetch import PinnedConnection, Target, failure
from corpus.readers.fetch_policy import FetchPolicy
from corpus.readers.rows import BadFieldError


def post(url: str, *, body: bytes, headers: Mapping[str, str], policy: FetchPolicy) -> int:
    """The status of the answer, whose text is not read; redirects are not followed.

    Raises BadFieldError whose code says what was refused (``private_address``, ``bad_url`` …) or failed.
    """
    target = Target.of(url, policy)
    connection = PinnedConnection(target, policy)
    clock = threading.Timer(policy.total_seconds, connection.cut)
    clock.daemon = True
    clock.start()
    try:
        connection.request(
            "POST",
            target.path,
            body=body,
            headers={"Host": target.netloc, "User-Agent": policy.user_agent, "Connection": "close", **headers},
        )
        status = connection.getresponse().status
        if connection.was_cut:
            raise TimeoutError
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, BadFieldError):
            raise
        raise failure(error, policy, cut=connection.was_cut) from None
    finally:
        clock.cancel()
        connection.close()
    return status
