"""Who may do what: a code of six digits shown on the terminal makes a browser an owner, a link makes it a guest."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

OWNER, GUEST = "owner", "guest"

TRIES = 5
"""Wrong codes after which pairing is closed for a while and the code is replaced."""

FIRST_CLOSED = 30.0
LONGEST_CLOSED = 3600.0
MAX_TOKENS = 64


class Pairing:
    """Codes and the tokens that browsers got for them.

    Attributes:
        required: Browsers without a token may do nothing; otherwise they are owners.
        code: Six digits, to be typed in.
        guest_key: Part of the guests' link.
        on_new_code: Called when the code is replaced.
    """

    def __init__(self, required: bool, clock: Callable[[], float] = time.monotonic) -> None:
        """Draw a code."""
        self.required = required
        self.code = _draw()
        self.guest_key = secrets.token_urlsafe(12)
        self.on_new_code: Callable[[str], None] = lambda code: None
        self._clock = clock
        self._tokens: dict[str, str] = {}
        self._wrong = 0
        self._closed_for = FIRST_CLOSED
        self._closed_until = -1.0
        self._lock = threading.Lock()

    def closed(self) -> float:
        """Seconds for which no code is taken."""
        return max(0.0, self._closed_until - self._clock())

    def pair(self, code: str) -> str | None:
        """A token for the right code, None for a wrong one or while pairing is closed."""
        with self._lock:
            if self.closed() > 0.0:
                return None
            if secrets.compare_digest(code.encode(), self.code.encode()):
                self._wrong, self._closed_for = 0, FIRST_CLOSED
                return self._grant(OWNER)
            self._wrong += 1
            if self._wrong < TRIES:
                return None
            self._wrong = 0
            self._closed_until = self._clock() + self._closed_for
            self._closed_for = min(2.0 * self._closed_for, LONGEST_CLOSED)
            self.code = _draw()
        self.on_new_code(self.code)
        return None

    def visit(self, key: str) -> str | None:
        """A guest's token for the key of the link."""
        with self._lock:
            right = secrets.compare_digest(key.encode(), self.guest_key.encode())
            return self._grant(GUEST) if right else None

    def role(self, token: str | None) -> str | None:
        """``owner``, ``guest``, or None for who isn't paired."""
        found = None
        if token:
            with self._lock:
                for known, role in self._tokens.items():
                    if secrets.compare_digest(known.encode(), token.encode()):
                        found = role
        return found or (None if self.required else OWNER)

    def _grant(self, role: str) -> str:
        # Guests must not push owners out: the oldest of the same role makes room.
        same = [token for token, known in self._tokens.items() if known == role]
        if len(same) >= MAX_TOKENS:
            del self._tokens[same[0]]
        token = secrets.token_urlsafe(32)
        self._tokens[token] = role
        return token


def _draw() -> str:
    return f"{secrets.randbelow(1_000_000):06d}"
