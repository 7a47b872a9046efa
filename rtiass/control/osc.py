"""OSC surface: the control state over UDP, with bundles, queries and feedback to subscribers. See docs/osc.md."""

from __future__ import annotations

import contextlib
import fnmatch
import heapq
import itertools
import math
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rtiass.control.oscwire import Argument, BadPacket, Group, Message, pack, require_osc, unpack
from rtiass.errors import UserError

if TYPE_CHECKING:
    from rtiass.control.control import Change, Control

PORT = 9000
METERS_EVERY = 0.05
LONGEST_WAIT = 0.25
MAX_SUBSCRIBERS = 16
MAX_SCHEDULED = 1024
FURTHEST = 60.0
"""Seconds ahead for which a bundle may be scheduled; those beyond are dropped and counted."""

PACKETS_AT_ONCE = 64
Address = tuple[str, int]


@dataclass
class _Subscriber:
    """Who hears of changes: the one who asked for it, paths with a prefix, and what the other side takes for true."""

    owner: Address
    prefix: str
    told: dict[str, Argument] = field(default_factory=dict)


class OscServer:
    """Listens for OSC and answers, in a thread of its own.

    Attributes:
        address: Address and port that it listens on; port 0 takes a free one.
        counters: ``received``, ``malformed``, ``unknown``, ``refused``, ``late``, ``dropped``, ``faults``.
    """

    def __init__(self, control: Control, host: str = "127.0.0.1", port: int = PORT) -> None:
        """Open the port; nothing is received before ``start``.

        Raises:
            UserError: The port can't be opened, or python-osc is missing.
        """
        require_osc()
        self._control = control
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, port))
        except (OSError, OverflowError) as error:
            self._socket.close()
            raise UserError(f"OSC can't listen on {host}:{port} ({error}). Choose another port: --osc PORT") from None
        self._socket.setblocking(False)
        self.address: Address = self._socket.getsockname()[:2]
        self._wake, self._bell = socket.socketpair()
        for end in (self._wake, self._bell):
            end.setblocking(False)
        self.counters: Counter[str] = Counter()
        self._subscribers: dict[Address, _Subscriber] = {}
        self._changed: dict[str, str] = {}
        self._scheduled: list[tuple[float, int, Group, str, Address]] = []
        self._numbers = itertools.count()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._forget = self._control.subscribe(self._hear)
        self._paths = {path: control.parameter(path) for path in control.parameters}

    def start(self) -> None:
        """Begin to listen; returns at once."""
        self._thread = threading.Thread(target=self._run, name="rtiass-osc", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the port. Once more does nothing."""
        self._stopping.set()
        self._forget()
        self._ring()
        if self._thread is not None:
            self._thread.join(2.0)
            self._thread = None
        for end in (self._socket, self._wake, self._bell):
            end.close()

    # Threads of others

    def _hear(self, change: Change) -> None:
        """Note a change; called in the thread of whoever made it."""
        parameter = self._paths.get(change.path)
        if parameter is not None and parameter.writable and self._subscribers:
            self._changed[change.path] = change.source
            self._ring()

    def _ring(self) -> None:
        # A full pipe has woken the thread already; a closed one has no thread.
        with contextlib.suppress(OSError):
            self._bell.send(b"!")

    # The own thread

    def _run(self) -> None:
        meters_at = 0.0
        while not self._stopping.is_set():
            try:
                self._wait(meters_at)
                self._receive()
                self._run_due()
                self._tell_changes()
                if self._subscribers and time.monotonic() >= meters_at:
                    meters_at = time.monotonic() + METERS_EVERY
                    self._tell_meters()
            except Exception:  # a surface may fail, the sound may not notice
                self.counters["faults"] += 1
                self._stopping.wait(0.01)

    def _wait(self, meters_at: float) -> None:
        limit = LONGEST_WAIT
        if self._subscribers:
            limit = min(limit, meters_at - time.monotonic())
        if self._scheduled:
            limit = min(limit, self._scheduled[0][0] - time.time())
        select.select([self._socket, self._wake], [], [], max(limit, 0.0))
        with contextlib.suppress(BlockingIOError):
            while len(self._wake.recv(4096)) == 4096:
                pass

    def _receive(self) -> None:
        for _ in range(PACKETS_AT_ONCE):
            try:
                data, sender = self._socket.recvfrom(65536)
            except OSError:  # nothing more to read, or a refusal of an earlier answer
                return
            self.handle(data, sender[:2])

    def handle(self, data: bytes, sender: Address) -> None:
        """Take one datagram.

        Args:
            data: The datagram.
            sender: Address and port that answers go to.
        """
        self.counters["received"] += 1
        try:
            groups = unpack(data)
        except BadPacket:
            self.counters["malformed"] += 1
            return
        source = _source(sender)
        now = time.time()
        for group in groups:
            if group.when <= now:
                self.counters["late"] += group.when > 0.0
                self._apply(group.messages, source, sender)
            elif group.when - now > FURTHEST or len(self._scheduled) >= MAX_SCHEDULED:
                self.counters["dropped"] += 1
            else:
                heapq.heappush(self._scheduled, (group.when, next(self._numbers), group, source, sender))

    def _run_due(self) -> None:
        while self._scheduled and self._scheduled[0][0] <= time.time():
            _, _, group, source, sender = heapq.heappop(self._scheduled)
            self._apply(group.messages, source, sender)

    def _apply(self, messages: Iterable[Message], source: str, sender: Address) -> None:
        """Do what messages say; their values take effect together."""
        values: dict[str, Argument] = {}
        for message in messages:
            if message.address == "/subscribe":
                self._subscribe(message.arguments, sender)
            elif message.address == "/unsubscribe":
                self._subscribers.pop((sender[0], _port(message.arguments, sender[1])), None)
            else:
                self._understand(message, source, sender, values)
        if values:
            self._control.set_many(values, source)

    def _understand(self, message: Message, source: str, sender: Address, values: dict[str, Argument]) -> None:
        base = message.address.removesuffix("/position")
        by_position = base != message.address and message.address not in self._paths
        found = self._match(base if by_position else message.address)
        if not found or len(message.arguments) > 1:
            self.counters["malformed" if found else "unknown"] += 1
            return
        for path in found:
            parameter = self._paths[path]
            try:
                if not message.arguments and parameter.kind != "trigger":
                    answer = parameter.position(self._value(path)) if by_position else self._value(path)
                    self._send(path + "/position" * by_position, answer, sender)
                elif not parameter.writable:
                    self.counters["refused"] += 1
                elif parameter.kind == "trigger":
                    # A button says 1 when it is pressed and 0 when it is let go.
                    if not message.arguments or message.arguments[0]:
                        self._control.trigger(path, source)
                elif by_position:
                    values[path] = parameter.at(_position(message.arguments[0]))
                else:
                    values[path] = parameter.check(message.arguments[0])
                    self._believe(path, message.arguments[0], values[path], sender)
            except UserError:
                self.counters["refused"] += 1

    def _believe(self, path: str, asked: Argument, value: Argument, sender: Address) -> None:
        """Note what a subscriber takes for true after a change of its own: it is told only if that is wrong."""
        for subscriber in self._subscribers.values():
            if subscriber.owner == sender:
                subscriber.told[path] = asked
                if asked != value:
                    self._changed[path] = ""

    def _match(self, address: str) -> list[str]:
        """Paths that an address means; ``*``, ``?`` and ``[...]`` stand for parts of one name."""
        if address in self._paths:
            return [address]
        if not any(sign in address for sign in "*?["):
            return []
        wanted = address.split("/")
        return [
            path
            for path in self._paths
            if len(names := path.split("/")) == len(wanted) and all(map(fnmatch.fnmatchcase, names, wanted))
        ]

    # Feedback

    def _subscribe(self, arguments: tuple[Argument, ...], sender: Address) -> None:
        """Tell somebody of all changes from now on, and of all values once."""
        prefixes = [argument for argument in arguments if isinstance(argument, str)]
        to = (sender[0], _port(arguments, sender[1]))
        self._subscribers.pop(to, None)
        while len(self._subscribers) >= MAX_SUBSCRIBERS:
            self._subscribers.pop(next(iter(self._subscribers)))
        self._subscribers[to] = subscriber = _Subscriber(sender, prefixes[0] if prefixes else "/")
        for path, parameter in self._paths.items():
            if parameter.kind != "trigger" and path.startswith(subscriber.prefix):
                subscriber.told[path] = self._value(path)
                self._send(path, subscriber.told[path], to)

    def _tell_changes(self) -> None:
        changed, self._changed = self._changed, {}
        for path, source in changed.items():
            value = self._value(path)
            for to, subscriber in self._subscribers.items():
                # Who moved a fader isn't told where it is, unless it went elsewhere: faders with motors would fight.
                own = source == _source(subscriber.owner) and subscriber.told.get(path) == value
                if path.startswith(subscriber.prefix) and not own:
                    subscriber.told[path] = value
                    self._send(path, value, to)

    def _tell_meters(self) -> None:
        meters = {path: self._value(path) for path, parameter in self._paths.items() if not parameter.writable}
        for to, subscriber in self._subscribers.items():
            for path, value in meters.items():
                if path.startswith(subscriber.prefix) and subscriber.told.get(path) != value:
                    subscriber.told[path] = value
                    self._send(path, value, to)

    def _value(self, path: str) -> Argument:
        value = self._control.get(path)
        if isinstance(value, float):
            return round(value, 3) if math.isfinite(value) else self._paths[path].minimum
        return value

    def _send(self, path: str, value: Argument, to: Address) -> None:
        # What can't be delivered is lost, as with all of UDP; the next change comes anyway.
        with contextlib.suppress(OSError):
            self._socket.sendto(pack(path, value), to)


def _source(address: Address) -> str:
    return f"osc:{address[0]}:{address[1]}"


def _port(arguments: tuple[Argument, ...], default: int) -> int:
    for argument in arguments:
        if isinstance(argument, float) and 0 < argument < 65536:
            return int(argument)
    return default


def _position(value: Argument) -> float:
    if isinstance(value, str) or not math.isfinite(value):
        raise UserError("A position is a number from 0 to 1.")
    return min(max(float(value), 0.0), 1.0)
