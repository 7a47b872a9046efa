"""What a network frame and an audio hop cost, on a clock of the hop and with the priority that live sound has.

Each engine, model and number of threads gets a process of its own: ``python -m rtiass.bench.compute``.
"""

from __future__ import annotations

import gc
import math
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtiass.bench.child import Answer, Order, answer, ask
from rtiass.bench.machine import Load
from rtiass.bench.results import ComputeRow, figures
from rtiass.bundle import Bundle, load_bundle
from rtiass.engine import EngineSession, choose_with_reason, load_engine, threads_of
from rtiass.live.audioloop import PRIORITY
from rtiass.live.realtime import lock_memory, raise_priority
from rtiass.pace import Clock, Sleep, paced
from rtiass.separator import StreamingSeparator
from rtiass.stft import ALL_MODES, RATE, Mode

WARM_UP = 20
"""Hops after the first one that do not count."""

LEAST = 3
"""Hops that are measured however slow an engine is."""

PATIENCE = 2.0


@dataclass(frozen=True)
class Times:
    """Seconds, hop by hop: of the network's step, of the whole call, and how late the clock woke the thread.

    The first of each is the first after opening; it and the warm-up are not among the others.
    """

    open: float
    cold_frame: float
    cold_both: float
    frames: list[float]
    both: list[float]
    wakes: list[float]

    @property
    def hops(self) -> list[float]:
        """What the calls took beside the network."""
        return [whole - step for whole, step in zip(self.both, self.frames, strict=True)]


class TimedSession:
    """A session that adds up what its steps take."""

    def __init__(self, session: EngineSession, clock: Clock = time.perf_counter) -> None:
        """Wrap a session; ``spent`` is in seconds, and begins anew when it is set to 0."""
        self._session, self._clock = session, clock
        self.spent = 0.0

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Advance by one frame, on the clock."""
        begun = self._clock()
        result = self._session.step(magnitude)
        self.spent += self._clock() - begun
        return result

    def reset(self) -> None:
        """Forget all states."""
        self._session.reset()

    def close(self) -> None:
        """Free what the session holds."""
        self._session.close()


def measure(
    bundle: Bundle,
    open_session: Callable[[], EngineSession],
    mode: Mode,
    seconds: float,
    *,
    every_stem: bool = False,
    on_open: Callable[[], object] = lambda: None,
    clock: Clock = time.perf_counter,
    sleep: Sleep = time.sleep,
) -> Times:
    """Separate noise for a while, a hop at a time, each when it is due.

    Args:
        bundle: The model.
        open_session: Opens it; the session is closed in the end.
        mode: Its hop is the clock.
        seconds: Of sound, after the warm-up.
        every_stem: Each stem has a bus of its own, in place of one mix as live playing begins with.
        on_open: Called once the session is open, to raise the thread's priority: threads that an engine starts as it is
            opened do not get it, as in the live host.
        clock: Time in seconds.
        sleep: Waits for seconds.
    """
    begun = clock()
    timed = TimedSession(open_session(), clock)
    opened = clock() - begun
    on_open()
    buses = None if every_stem else {"mix": dict.fromkeys(bundle.stems, 1.0)}
    separator = StreamingSeparator(bundle, timed, mode=mode.name, buses=buses)
    sound = (0.1 * np.random.default_rng(0).standard_normal((16 * mode.hop, 2))).astype(np.float32)
    out = np.zeros((len(separator.bus_names), mode.hop, 2), np.float32)
    spent: list[float] = []

    def hop() -> None:
        start = len(spent) % 16 * mode.hop
        timed.spent = 0.0
        separator.process_into(sound[start : start + mode.hop], out)
        spent.append(timed.spent)

    period = mode.hop / RATE
    count = max(LEAST, math.ceil(seconds / period))
    cold = paced(hop, period, 1, clock=clock, sleep=sleep)
    warm_up = paced(hop, period, WARM_UP, patience=PATIENCE, least=LEAST, clock=clock, sleep=sleep)
    found = paced(hop, period, count, patience=PATIENCE, least=LEAST, clock=clock, sleep=sleep)
    timed.close()
    frames = spent[1 + len(warm_up.times) :]
    return Times(opened, spent[0], cold.times[0], frames, found.times, found.late)


def _work(order: Order, send: Answer) -> None:
    """Measure every mode that is ordered, one after the other, in threads such as the live host's audio thread is."""
    bundle = load_bundle(order["model"])
    threads = int(order["threads"])
    names: list[str] = []

    def open_session() -> EngineSession:
        choice = choose_with_reason(order["engine"], bundle, threads)
        names.append(choice.name)
        return choice.session

    def run(mode: str) -> None:
        refusals: list[str] = []
        before = Load.look()
        try:
            times = measure(
                bundle, open_session, ALL_MODES[mode], order["seconds"], every_stem=order["every_stem"],
                on_open=lambda: refusals.append(raise_priority(PRIORITY)),
            )  # fmt: skip
        except BaseException as error:
            failure.append(error)
            return
        others, stolen = before.until(Load.look())
        had = threads_of(load_engine(names[-1]), threads)
        found = {"mode": mode, "engine": names[-1], "threads": had, "times": asdict(times)}
        send(found | {"realtime": not any(refusals), "others": others, "stolen": stolen})

    failure: list[BaseException] = []
    lock_memory()
    gc.collect()
    gc.freeze()
    gc.disable()
    for mode in order["modes"]:
        # A thread for each: its priority ends with it.
        thread = threading.Thread(target=run, args=(mode,))
        thread.start()
        thread.join()
        if failure:
            raise failure[0]


def compute(
    model: str | None, engine: str, threads: int, modes: list[str], seconds: float, *, every_stem: bool = False
) -> Generator[tuple[ComputeRow, Times], None, None]:
    """Measure the modes of one model on one engine; a row as each of them is done, with the threads the engine has.

    Raises:
        UserError: The engine or the model can't be had.
    """
    bundle = load_bundle(model)
    order = {
        "model": str(bundle.path), "engine": engine, "threads": threads, "modes": modes, "seconds": seconds,
        "every_stem": every_stem,
    }  # fmt: skip
    buses = len(bundle.stems) if every_stem else 1
    with closing(ask("rtiass.bench.compute", order)) as answers:
        for found in answers:
            times = Times(**found["times"])
            yield row(bundle.name, found["threads"], buses, found, times), times


def row(model: str, threads: int, buses: int, found: Mapping[str, Any], times: Times) -> ComputeRow:
    """The figures of a measurement."""
    period = ALL_MODES[found["mode"]].hop / RATE
    return ComputeRow(
        model=model, engine=found["engine"], threads=threads, mode=found["mode"], buses=buses, hop_ms=1000 * period,
        frame=figures(times.frames), hop=figures(times.hops), both=figures(times.both), wake=figures(times.wakes),
        cold_frame_ms=1000 * times.cold_frame, cold_hop_ms=1000 * (times.cold_both - times.cold_frame),
        open_ms=1000 * times.open, real_time_factor=sum(times.both) / (len(times.both) * period),
        overruns=sum(t > period for t in times.both), realtime=found["realtime"], others=found["others"],
        stolen=found["stolen"],
    )  # fmt: skip


if __name__ == "__main__":
    answer(_work)
