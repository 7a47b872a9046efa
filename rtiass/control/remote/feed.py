"""What a page has not been told yet. Only the newest value counts, so a slow page costs a bounded amount of memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from rtiass.control.remote.protocol import hello, plain_value, shown

if TYPE_CHECKING:
    from rtiass.control.control import Control

STATUS_EVERY = 10
"""The host's status is asked for in every so many messages' time."""


class Feed:
    """News for one page, asked for at the page's own pace."""

    def __init__(self, control: Control, status: Callable[[], Mapping[str, Any]]) -> None:
        """Begin with nothing told."""
        self._control = control
        self._status = status
        self._meters = [p for p in control.parameters.values() if not p.writable and p.kind != "text"]
        self._rest = [p for p in control.parameters.values() if p.kind != "trigger" and p not in self._meters]
        self._told: dict[str, Any] = {}
        self._told_meters: list[Any] = []
        self._told_status: dict[str, Any] = {}
        self._turn = 0

    def greeting(self, role: str, title: str) -> str:
        """The first message; what follows is the difference to it."""
        message = hello(self._control, role, title)
        message["meters"] = [parameter.path for parameter in self._meters]
        # With the rest: a page that is drawn in two steps jumps under the finger.
        message["status"] = self._told_status = dict(self._status())
        self._told = {parameter["path"]: parameter["shown"][0] for parameter in message["parameters"]}
        return _text(message)

    def news(self) -> str | None:
        """What changed since the last message, or None."""
        message: dict[str, Any] = {}
        values, _ = self._control.values()
        changes = {}
        for parameter in self._rest:
            value = plain_value(parameter, values[parameter.path])
            if self._told.get(parameter.path) != value:
                self._told[parameter.path] = value
                changes[parameter.path] = shown(parameter, value)
        if changes:
            message["changes"] = changes
        meters = [plain_value(parameter, values[parameter.path]) for parameter in self._meters]
        if meters != self._told_meters:
            self._told_meters = meters
            message["meters"] = meters
        if self._turn % STATUS_EVERY == 0:
            status = dict(self._status())
            if status != self._told_status:
                self._told_status = status
                message["status"] = status
        self._turn += 1
        return _text(message) if message else None


def _text(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"), allow_nan=False)
