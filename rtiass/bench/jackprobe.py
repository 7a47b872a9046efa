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
from numpy.typing import NDArray

from rtiass.bench.results import LoopRow
from rtiass.errors import UserError
from rtiass.live.host import LiveHost
from rtiass.live.loopback import BURST, LEVEL, find_burst
from rtiass.live.options import LiveOptions
from rtiass.stft import ALL_MODES

EVERY = 16384
"""Samples from burst to burst at least; a longer latency needs more."""

ATTEMPTS = 8
WITHIN = 10.0


def require_client() -> None:
    """Make sure that there is a JACK client.

    Raises:
        UserError: The package is not installed.
    """
    if find_spec("jack") is None:
        raise UserError("The loop-back on JACK needs the package JACK-Client. Run: pip install JACK-Client")


def cycle(latency: int) -> int:
    """Samples from burst to burst: what comes late by a latency, or much more, must not pass for the next one."""
    every = EVERY
    while every < latency + BURST + EVERY // 2:
        every *= 2
    return every


class _Take:
    """What one listening records: two cycles, of the bursts as they are sent and as the host plays them."""

    def __init__(self, every: int) -> None:
        self.sound = np.zeros((2, 2 * every + BURST), np.float32)
        self.count = 0
        self.done = threading.Event()


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
        self._burst = LEVEL * np.sign(np.random.default_rng(1).standard_normal(BURST)).astype(np.float32)
        self._cycle = self._bursts(EVERY)
        self._at = 0
        self._take: _Take | None = None
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

    def delay(self, latency: int) -> int | None:
        """Samples by which the host's burst comes later than the direct one; twice the same, or None.

        Args:
            latency: Samples that the host tells.
        """
        every = cycle(latency)
        self._cycle = self._bursts(every)
        last: int | None = None
        for _ in range(ATTEMPTS):
            found = self._listen(every)
            if found is not None and found == last:
                return found
            last = found
        return None

    def _bursts(self, every: int) -> NDArray[np.float32]:
        """Two cycles, so that a block that crosses the end of the first is one piece."""
        found = np.zeros(2 * every, np.float32)
        found[:BURST] = found[every : every + BURST] = self._burst
        return found

    def _listen(self, every: int) -> int | None:
        take = self._take = _Take(every)
        if not take.done.wait(WITHIN):
            return None
        direct, host = take.sound
        begin = find_burst(direct[: every + BURST], self._burst)
        if begin is None:
            return None
        # From there on the host's next burst is within a cycle, unless something was lost.
        return find_burst(host[begin : begin + every], self._burst)

    def _play(self, frames: int) -> None:
        bursts = self._cycle
        every = len(bursts) // 2
        at = self._at % every
        self._plays.get_array()[:] = bursts[at : at + frames]
        self._at = at + frames

    def _record(self, frames: int) -> None:
        take = self._take
        if take is None or take.done.is_set():
            return
        some = min(frames, take.sound.shape[1] - take.count)
        for row, port in zip(take.sound, self._hears, strict=True):
            row[take.count : take.count + some] = port.get_array()[:some]
        take.count += some
        if take.count == take.sound.shape[1]:
            take.done.set()


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
    import jack

    try:
        with LiveHost(options) as host, Probe() as probe:
            host.wait_until_playing()
            probe.connect()
            for mode in modes:
                host.mode = mode
                _wait_for(host, mode)
                reported = int(host.latency()["host_samples"])
                yield LoopRow(mode, block, options.headroom, reported, probe.delay(reported))
    except TimeoutError as error:
        raise UserError("The audio device gives no sign of life.") from error
    except jack.JackError as error:
        raise UserError(f"The JACK server can't be used: {error}") from error


def _wait_for(host: LiveHost, mode: str) -> None:
    """Wait until a mode is heard; the change is a cross-fade."""
    number, limit = list(ALL_MODES).index(mode), time.monotonic() + WITHIN
    while host.state.get("heard_mode") != number:
        if time.monotonic() > limit:
            raise UserError(f"The live host did not change to the mode '{mode}'. {host.status.text}".strip())
        time.sleep(0.01)
