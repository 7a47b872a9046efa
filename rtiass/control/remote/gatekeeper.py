"""Which requests are let in: names of the host, origins, sizes and rates."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from urllib.parse import urlsplit

MAX_MESSAGE = 4096
"""Bytes of a WebSocket message."""

MAX_BODY = 1024
"""Bytes of a request's body."""

RATE = 200.0
"""Messages a second from one client."""

MAX_CLIENTS = 16
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


class Bucket:
    """A bucket of permissions that fills at a rate; who takes more than there is waits."""

    def __init__(self, rate: float = RATE, size: float = RATE / 2, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin full."""
        self._rate, self._size, self._clock = rate, size, clock
        self._level, self._at = size, clock()

    def take(self) -> float:
        """Take one; returns the seconds to wait before it may be used."""
        now = self._clock()
        self._level = min(self._size, self._level + (now - self._at) * self._rate) - 1.0
        self._at = now
        return max(0.0, -self._level / self._rate)


def host_allowed(header: str, port: int, loopback: bool) -> bool:
    """Whether a Host header names this server.

    A page of elsewhere whose name was rebound to this machine (DNS rebinding) sends its own name. Numbers can't be
    rebound, so on a network any number is right; on loopback only its own names are.

    Args:
        header: The Host header.
        port: Port that the server listens on.
        loopback: It listens on loopback alone.
    """
    try:
        parts = urlsplit(f"//{header}")
        name, given = parts.hostname or "", parts.port or 80
    except ValueError:
        return False
    if given != port or parts.path or parts.query or parts.username is not None:
        return False
    if name in LOOPBACK_NAMES:
        return True
    if loopback:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def origin_allowed(header: str | None, host: str) -> bool:
    """Whether a request comes from the page that this server gave: its origin is the host that it was sent to."""
    return header == f"http://{host}"


def is_loopback(address: str) -> bool:
    """Whether an address is reached from this machine alone."""
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def security_headers(host: str) -> dict[str, str]:
    """Headers of every answer; ``host`` is a checked Host header."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; manifest-src 'self'; "
        f"connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cache-Control": "no-store",
    }
