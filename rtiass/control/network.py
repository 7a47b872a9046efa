"""The surfaces that are reached over a network, OSC and the web remote, opened for a host and closed together."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from rtiass.errors import UserError

if TYPE_CHECKING:
    from rtiass.control.control import Control
    from rtiass.control.osc import OscServer
    from rtiass.control.remote.server import Remote

ADDRESS = "127.0.0.1"
OSC_PORT, REMOTE_PORT = 9000, 8700
DEFAULTS = {"--osc": str(OSC_PORT), "--remote": str(REMOTE_PORT)}
"""Options whose value may be left out, and what it is then."""

_PLACE = re.compile(r"\d+|:\d+|\[[0-9A-Fa-f:.]+\](:\d+)?|(\d{1,3}(\.\d{1,3}){3}|localhost)(:\d+)?|[\w.-]+:\d+")


def parse_place(text: str, port: int, option: str) -> tuple[str, int]:
    """Understand ``ADDRESS:PORT``, ``ADDRESS``, ``PORT`` or ``:PORT``; what is left out is loopback, or the default.

    Args:
        text: What was written.
        port: Default.
        option: Name of the option, for the message.

    Raises:
        UserError: It is none of these.
    """
    plain = text.strip()
    if plain.isdecimal():
        address, number = "", plain
    elif plain.startswith("["):
        address, _, rest = plain[1:].partition("]")
        number = rest.removeprefix(":")
    elif plain.count(":") > 1:
        address, number = plain, ""
    else:
        address, _, number = plain.partition(":")
    if number and (not number.isdecimal() or int(number) > 65535):
        raise UserError(f"'{text}' is no address. Write ADDRESS:PORT, as in {option} 0.0.0.0:{port}.")
    return address or ADDRESS, int(number) if number else port


def fill_in(arguments: Sequence[str]) -> list[str]:
    """Give ``--osc`` and ``--remote`` their default where no address follows: what follows may be a song."""
    filled = []
    for index, argument in enumerate(arguments):
        following = arguments[index + 1] if index + 1 < len(arguments) else ""
        bare = argument in DEFAULTS and not _PLACE.fullmatch(following) and "--" not in arguments[:index]
        filled.append(f"{argument}={DEFAULTS[argument]}" if bare else argument)
    return filled


class Host(Protocol):
    """What a host has to have."""

    control: Control

    @property
    def status(self) -> Any:
        """With ``text`` and ``notes``."""

    def latency(self) -> dict[str, float]:
        """Milliseconds by name."""


class NetworkSurfaces:
    """OSC and web remote of a host.

    Attributes:
        osc: OSC, or None.
        remote: The web remote, or None.
        lines: What the user is to read: addresses, code, QR.
    """

    def __init__(
        self,
        host: Host,
        *,
        osc: str | None = None,
        remote: str | None = None,
        scenes: Callable[[], Iterable[str] | None] = tuple,
        songs: Callable[[], Iterable[str]] = tuple,
        say: Callable[[str], None] = print,
    ) -> None:
        """Open what is asked for.

        Args:
            host: Whose control state is moved.
            osc: Address and port of OSC.
            remote: Address and port of the web remote.
            scenes: Names of the scenes; None where there is no file of them, so that none can be saved.
            songs: What the songs of the set list are called.
            say: Tells the user of a new code.

        Raises:
            UserError: An address is none, a port can't be opened, or a package is missing; nothing is left open.
        """
        self.osc: OscServer | None = None
        self.remote: Remote | None = None
        self.lines: list[str] = []
        try:
            if osc is not None:
                self._open_osc(host, *parse_place(osc, OSC_PORT, "--osc"))
            if remote is not None:
                self._open_remote(
                    host, *parse_place(remote, REMOTE_PORT, "--remote"), lambda: host_status(host, scenes, songs), say
                )
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close both. Once more does nothing."""
        for surface in (self.osc, self.remote):
            if surface is not None:
                surface.stop()
        self.osc = self.remote = None

    def _open_osc(self, host: Host, address: str, port: int) -> None:
        from rtiass.control.osc import OscServer

        self.osc = OscServer(host.control, address, port)
        self.osc.start()
        self.lines.append(f"OSC: UDP port {self.osc.address[1]} of {self.osc.address[0]}")

    def _open_remote(
        self, host: Host, address: str, port: int, status: Callable[[], dict[str, Any]], say: Callable[[str], None]
    ) -> None:
        from rtiass.control.remote.server import Remote

        self.remote = remote = Remote(host.control, status, address, port)
        remote.pairing.on_new_code = lambda code: say(f"Remote: too many wrong codes; the new code is {code}.")
        remote.start()
        self.lines.append(remote.invitation())


def host_status(
    host: Host, scenes: Callable[[], Iterable[str] | None], songs: Callable[[], Iterable[str]] = tuple
) -> dict[str, Any]:
    """What the web remote shows beside the control state, as JSON can carry it."""
    status, latency = host.status, host.latency()
    names = scenes()
    told: dict[str, Any] = {
        "text": status.text, "notes": list(status.notes), "scenes": None if names is None else list(names),
        "songs": list(songs()),
    }  # fmt: skip
    if all(math.isfinite(latency[name]) for name in ("driver_input", "driver_output")):
        told["latency"] = {name: round(latency[name], 2) for name in ("driver_input", "driver_output")}
    return told
