"""Handing a message to a webhook, signed as the Standard Webhooks specification says.

``webhook-signature`` is an HMAC with SHA-256 over id, time and body, so that the receiver knows who
sent it, that nobody changed it, and that it is not an old one sent again. The id is the same on
every attempt: a receiver that has seen it drops the second one, so trying again is always right.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import threading
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from litmine.core.errors import ConfigError
from litmine.publish.digest.mail import Outcome

if TYPE_CHECKING:
    import httpx

    from litmine.core.sections_outward import WebhookSettings

__all__ = ["key_of", "post", "sign", "signed_headers"]

_PREFIX = "whsec_"
_MOST_READ = 64 * 1024
_SOON = frozenset({408, 425, 429})


def key_of(secret: str) -> bytes:
    """Return the key of a secret: ``whsec_`` and Base64, or any text as it is.

    Raises
    ------
    ConfigError
        What follows ``whsec_`` is not Base64.
    """
    if not secret.startswith(_PREFIX):
        return secret.encode()
    encoded = secret.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ConfigError(
            "webhook.secret begins with whsec_, so Base64 must follow; copy it again"
        ) from error
    if not key:
        raise ConfigError("webhook.secret holds no key after whsec_; copy it again")
    return key


def sign(key: bytes, message_id: str, moment: datetime, body: bytes) -> str:
    """Return the signature of a message: ``v1,`` and Base64."""
    signed = b".".join((message_id.encode(), str(int(moment.timestamp())).encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def signed_headers(key: bytes, message_id: str, moment: datetime, body: bytes) -> dict[str, str]:
    """Return the headers that a message goes out with."""
    return {
        "content-type": "application/json; charset=utf-8",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": sign(key, message_id, moment, body),
    }


def post(settings: WebhookSettings, message_id: str, body: bytes, now: datetime) -> Outcome:
    """Send one message; redirects are not followed, and little of the answer is read.

    Raises
    ------
    ConfigError
        The secret cannot be read.
    """
    headers = signed_headers(key_of(settings.secret.get_secret_value()), message_id, now, body)
    where = urlsplit(settings.url).hostname or "the webhook"
    timeout = settings.timeout_seconds
    found: list[Outcome] = []

    def attempt() -> None:
        found.append(_attempt(settings.url, where, headers, body, timeout))

    # A server that sends a byte at a time never runs into the timeout between two bytes. To send
    # a message again does no harm, so such a one is left to itself.
    thread = threading.Thread(target=attempt, name="webhook", daemon=True)
    thread.start()
    thread.join(2 * timeout)
    if found:
        return found[0]
    return Outcome("waiting", f"{where} did not answer within {2 * timeout:g} s", soon=True)


def _attempt(url: str, where: str, headers: dict[str, str], body: bytes, timeout: float) -> Outcome:
    import httpx

    from litmine import __version__

    named = headers | {"user-agent": f"litmine/{__version__}"}
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=False) as client,
            client.stream("POST", url, content=body, headers=named) as answer,
        ):
            _read_some(answer)
            return _judge(answer.status_code, where)
    except httpx.TimeoutException:
        return Outcome("waiting", f"{where} did not answer within {timeout:g} s", soon=True)
    except httpx.TransportError as error:
        # Without the address, which may hold a secret of its own.
        said = str(error).replace(url, where)[:200] or type(error).__name__
        return Outcome("waiting", f"{where} could not be reached ({said})", soon=True)
    except httpx.InvalidURL:
        return Outcome("waiting", "webhook.url cannot be read; correct it")


def _read_some(answer: httpx.Response) -> None:
    """Read the answer as far as it is of modest size, so that the other side sees it taken."""
    import httpx

    size = 0
    try:
        for part in answer.iter_raw():
            size += len(part)
            if size > _MOST_READ:
                return
    except httpx.TransportError:
        return  # the status is what counts, and that has come


def _judge(status: int, where: str) -> Outcome:
    if 200 <= status < 300:
        return Outcome("sent")
    if 300 <= status < 400:
        return Outcome(
            "failed", f"{where} answered {status}: redirects are not followed, correct webhook.url"
        )
    if status in _SOON or status >= 500:
        return Outcome("waiting", f"{where} answered {status}", soon=True)
    return Outcome("failed", f"{where} answered {status}: check webhook.url and webhook.secret")
