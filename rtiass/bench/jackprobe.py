"""Measures the live host's latency on a JACK server: bursts of noise go in, and come out so many samples later.

Needs the package JACK-Client. The same bursts reach the recorder without the host: the difference is the host's alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

import numpy as np

from rtiass.bench.results import LoopRow
from rtiass.errors import UserError
from rtiass.live.host import LiveHost
from rtiass.live.loopback import BURST, LEVEL, find_burst
from rtiass.live.options import LiveOptions
from rtiass.stft import MODES

EVERY = 16384
"""Samples from burst to burst; longer than any latency."""

ATTEMPTS = 8
WITHIN = 10.0


def require_client() -> None:
    """Make sure that there is a JACK client.

    Raises:
        UserError: The package is not installed.
    """
    if find_spec("jack") is None:
        raise UserError("The loop-back on JACK needs the package JACK-Client. Run: pip install JACK-Client")


class Probe:
    """A player of bursts and a recorder on the server that the environment names; use it as a context.

    Two clients in one graph, so that the direct way from one to the other costs no period.
    """

    def __init__(self) -> None:
        """Join the server."""
        import jack

        self._source = jack.Client("rtiass-burst", no_start_server=True)
        self._sink = jack.Client("rtiass-record", no_start_server=True)
        self._plays: Any = self._source.outports.register("out")
        self._hears: list[Any] = [self._sink.inports.register(name) for name in ("direct", "host")]
        self._cycle = np.zeros(2 * EVERY, np.float32)
        burst = LEVEL * np.sign(np.random.default_rng(1).standard_normal(BURST)).astype(np.float32)
        self._burst = burst
        self._cycle[:BURST] = self._cycle[EVERY : EVERY + BURST] = burst
        self._at = 0
        self._recorded = np.zeros((2, 2 * EVERY + BURST), np.float32)
        self._count = self._recorded.shape[1]
        self._done = threading.Event()
        self._source.set_process_callback(self._play)
        self._sink.set_process_callback(self._record)

    def __enter__(self) -> Self:
        self._source.activate()
        self._sink.activate()
        self._source.connect(self._plays, self._hears[0])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in (self._source, self._sink):
            client.deactivate()
            client.close()

    def connect(self, host: str = "rtiass") -> None:
        """Put the host between the two."""
        for side in (0, 1):
            self._source.connect(self._plays, f"{host}:in_{side}")
        self._sink.connect(f"{host}:out_0", self._hears[1])

    def delay(self) -> int | None:
        """Samples by which the host's burst comes later than the direct one; twice the same, or None."""
        last: int | None = None
        for _ in range(ATTEMPTS):
            found = self._listen()
            if found is not None and found == last:
                return found
            last = found
        return None

    def _listen(self) -> int | None:
        self._done.clear()
        self._count = 0
        if not self._done.wait(WITHIN):
            return None
        direct, host = self._recorded
        begin = find_burst(direct[: EVERY + BURST], self._burst)
        if begin is None:
            return None
        # From there on the host's next burst is within a cycle, unless something was lost.
        return find_burst(host[begin : begin + EVERY], self._burst)

    def _play(self, frames: int) -> None:
        self._plays.get_array()[:] = self._cycle[self._at : self._at + frames]
        self._at = (self._at + frames) % EVERY

    def _record(self, frames: int) -> None:
        some = min(frames, self._recorded.shape[1] - self._count)
        if some <= 0:
            return
        for row, port in zip(self._recorded, self._hears, strict=True):
            row[self._count : self._count + some] = port.get_array()[:some]
        self._count += some
        if self._count == self._recorded.shape[1]:
            self._done.set()


def loopbacks(options: LiveOptions, modes: Sequence[str], block: int) -> Iterator[LoopRow]:
    """Measure every mode with one host, which changes its mode while it plays; all faders are up.

    Args:
        options: Model, engine and head-room; without a song.
        modes: Names.
        block: The server's, for the table.

    Raises:
        UserError: The host doesn't play, or JACK-Client is missing.
    """
    require_client()
    with LiveHost(options) as host, Probe() as probe:
        try:
            host.wait_until_playing()
        except TimeoutError as error:
            raise UserError("The audio device gives no sign of life.") from error
        probe.connect()
        for mode in modes:
            host.mode = mode
            _wait_for(host, mode)
            reported = host.latency()["host_samples"]
            yield LoopRow(mode, block, options.headroom, int(reported), probe.delay())


def _wait_for(host: LiveHost, mode: str) -> None:
    """Wait until a mode is heard; the change is a cross-fade."""
    number, limit = list(MODES).index(mode), time.monotonic() + WITHIN
    while host.state.get("heard_mode") != number:
        if time.monotonic() > limit:
            raise UserError(f"The live host did not change to the mode '{mode}'. {host.status.text}".strip())
        time.sleep(0.01)
