"""The signature of a webhook's message, as the Standard Webhooks specification has it (v1, symmetric)."""

import base64
import binascii
import hashlib
import hmac
import time

PREFIX = "whsec_"
# Older or later than this a message is refused, so that a caught one cannot be sent again later.
TOLERANCE_SECONDS = 5 * 60


def sign(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """``v1,BASE64``: HMAC-SHA256 over ``ID.TIMESTAMP.BODY`` with the bytes that ``whsec_…`` stands for."""
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    signed = b".".join((message_id.encode("ascii"), str(timestamp).encode("ascii"), body))
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode('ascii')}"


def is_genuine(
    secret: str, *, message_id: str, timestamp: str, signatures: str, body: bytes, now: float | None = None
) -> bool:
    """What a receiver checks: the time is recent, and one of the signatures, parted by spaces, is ours."""
    try:
        said = int(timestamp)
        expected = sign(secret, message_id=message_id, timestamp=said, body=body)
    except (ValueError, binascii.Error):
        return False
    if abs((time.time() if now is None else now) - said) > TOLERANCE_SECONDS:
        return False
    return any(hmac.compare_digest(expected, given) for given in signatures.split(" "))
