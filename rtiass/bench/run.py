"""A whole measurement: what is to be run, how long it takes, and one thing after the other."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rtiass.bench.advice import LIVE_THREADS, advise, before_the_show
from rtiass.bench.compute import Times, compute
from rtiass.bench.firstsound import first_sounds
from rtiass.bench.jackprobe import loopbacks, require_client
from rtiass.bench.jackserver import JackServer, require_jackd
from rtiass.bench.liverun import noise, play, silent
from rtiass.bench.machine import describe
from rtiass.bench.results import ComputeRow, LiveRow, LoopRow, Report, StartRow
from rtiass.bundle import load_bundle
from rtiass.engine import load_engine, threads_of
from rtiass.errors import UserError
from rtiass.live.options import HEADROOM, LiveOptions
from rtiass.stft import DEFAULT_MODE, MODES

DUMMY_BLOCK = 256
"""The block of a JACK server of our own, unless another is asked for."""

# What things take beside the seconds that are asked for: for the time that is told before.
_PROCESS, _WARM_UP, _HOST, _STARTS, _PROBE, _CHANGE = 3.0, 0.3, 3.0, 14.0, 4.0, 1.6

Tell = Callable[[str, float], object]
"""Called before a part with what it is and how many seconds it will take."""


@dataclass(frozen=True)
class Plan:
    """What is to be measured.

    Attributes:
        models: Names or folders; None is the default model.
        modes: Names.
        engines: Names, with options or without, or ``auto``.
        threads: Threads of the engines; one that can't have so many has as many as it can. Live playing always has one.
        seconds: Of each engine, model, mode and number of threads, paced.
        live_seconds: Of each mode, played.
        live_engines: Engines that play; default all.
        device: Output device; None for the default one.
        jack_dummy: Start JACK servers of our own in place of a device.
        blocks: Blocks of the device; 0 is the driver's own. For a JACK server of our own, 0 is 256.
        headrooms: Head-rooms; those but the default one only with the first block, and not in every mode.
        headroom_modes: Modes that are played with every head-room.
        every_stem: Paced hops render every stem, in place of one mix.
        paced: Measure compute.
        live: Play, on a device or a server.
        starts: Measure the time to first sound.
    """

    models: tuple[str | None, ...] = (None,)
    modes: tuple[str, ...] = tuple(MODES)
    engines: tuple[str, ...] = ("auto",)
    threads: tuple[int, ...] = (LIVE_THREADS,)
    seconds: float = 4.0
    live_seconds: float = 3.0
    live_engines: tuple[str, ...] | None = None
    device: str | None = None
    jack_dummy: bool = False
    blocks: tuple[int, ...] = (0,)
    headrooms: tuple[int, ...] = (HEADROOM,)
    headroom_modes: tuple[str, ...] = ("live", "ultra", "instant")
    every_stem: bool = False
    paced: bool = True
    live: bool = True
    starts: bool = True

    def cases(self, block: int) -> list[tuple[str, int]]:
        """Modes and head-rooms that are played at a block."""
        found = [(mode, HEADROOM) for mode in self.modes if HEADROOM in self.headrooms]
        if block == self.blocks[0]:
            others = [h for h in self.headrooms if h != HEADROOM]
            found += [(mode, h) for h in others for mode in self.modes if mode in self.headroom_modes]
        return found

    def thread_counts(self, engine: str) -> list[int]:
        """Numbers of threads that an engine is measured with; all that were asked for where it isn't known yet."""
        if engine == "auto":
            return list(self.threads)
        return list(dict.fromkeys(threads_of(load_engine(engine), count) for count in self.threads))

    def duration(self, *, device: bool) -> float:
        """About how many seconds it takes.

        Args:
            device: There is one to play on.
        """
        groups = len(self.models) * sum(len(self.thread_counts(engine)) for engine in self.engines) if self.paced else 0
        total = groups * (_PROCESS + len(self.modes) * (self.seconds + _WARM_UP))
        if device:
            hosts = len(self.models) * len(self.live_engines or self.engines)
            total += hosts * sum(len(self.cases(block)) for block in self.blocks) * (_HOST + self.live_seconds)
            total += _STARTS if self.starts else 0.0
            if self.jack_dummy:
                total += len(self.blocks) * (_PROBE + _CHANGE * len(self.modes))
        return total


@dataclass
class Found:
    """What came of a plan.

    Attributes:
        report: For people.
        times: Behind its paced rows, in the same order.
        taken: The engine that ran, by the model and the engine that were asked for: ``auto`` takes another one.
    """

    report: Report
    times: list[Times] = field(default_factory=list)
    taken: dict[tuple[str | None, str], str] = field(default_factory=dict)

    def engine(self, model: str | None, asked: str) -> str:
        """The engine to play with: with ``auto``, others would be measured beside the sound, which is measured too."""
        return self.taken.get((model, asked), asked)


def no_device(plan: Plan) -> str:
    """Why there is nothing to play on, as a sentence; empty where there is.

    Raises:
        UserError: A device was named, and it isn't there.
    """
    if not plan.live:
        return "Nothing else was asked for."
    if plan.jack_dummy:
        return ""
    from rtiass.live.rig import find_devices

    try:
        find_devices(LiveOptions(song="none", output=plan.device))
    except UserError as error:
        if plan.device is not None:
            raise
        return str(error)
    return ""


def run(plan: Plan, without: str = "", tell: Tell = lambda what, seconds: None) -> Found:
    """Measure everything that was planned; a part that fails is told in the report, and the rest goes on.

    Args:
        plan: What to measure.
        without: Why nothing is played, as ``no_device`` tells it.
        tell: Called before each part.

    Raises:
        UserError: A model can't be had, or there is no room for the noise that is played.
    """
    bundles = [load_bundle(model) for model in plan.models]
    versions = {bundle.name: str(bundle.card.get("model", {}).get("version", "")) for bundle in bundles}
    found = Found(Report({}, versions))
    report = found.report
    with tempfile.TemporaryDirectory(prefix="rtiass-bench-") as folder:
        song = Path(folder) / "noise.wav"
        if not without:
            noise(song, plan.live_seconds + 20.0)
        # First of all: as little as possible of it is in memory yet.
        if not without and plan.starts:
            _starts(plan, song, report, tell)
        if plan.paced:
            for model in plan.models:
                for engine in plan.engines:
                    _paced_each(plan, model, engine, found, tell)
        for block in () if without else plan.blocks:
            _live(plan, block, song, found, tell)
    report.machine = describe()
    report.device = f"No device was measured, only compute. {without}" if without else _told(plan, report)
    report.advice = _advice(plan, found, live=not without)
    return found


def _advice(plan: Plan, found: Found, *, live: bool) -> list[str]:
    bundles = {model: load_bundle(model) for model in plan.models}
    tried = {
        (bundles[model].name, found.engine(model, engine))
        for model in plan.models
        for engine in plan.live_engines or plan.engines
        if live and HEADROOM in plan.headrooms
    }
    by_auto = [(bundles[model], taken) for (model, asked), taken in found.taken.items() if asked == "auto"]
    return [*advise(found.report, tried), *filter(None, (before_the_show(*pair) for pair in by_auto))]


def _attempt(report: Report, what: str, part: Iterator[Any], into: list[Any]) -> None:
    """Take what a part finds; keep its failure and go on."""
    try:
        for row in part:
            into.append(row)  # noqa: PERF402 - what came before a failure is kept
    except UserError as error:
        _note_failure(report, what, error)


def _note_failure(report: Report, what: str, error: UserError) -> None:
    report.failed.append(what)
    report.reasons.append(f"{what}: {error}")


def _paced_each(plan: Plan, model: str | None, engine: str, found: Found, tell: Tell) -> None:
    """Measure with each number of threads that the engine can have, once."""
    rows, begin = found.report.compute, len(found.report.compute)
    for threads in plan.thread_counts(engine):
        # What `auto` took is known from the first time on.
        taken = found.engine(model, engine)
        had = threads if taken == "auto" else threads_of(load_engine(taken), threads)
        if had not in [row.threads for row in rows[begin:]]:
            _paced(plan, model, engine, threads, found, tell)


def _paced(plan: Plan, model: str | None, engine: str, threads: int, found: Found, tell: Tell) -> None:
    name = load_bundle(model).name

    def rows() -> Iterator[ComputeRow]:
        parts = compute(model, engine, threads, list(plan.modes), plan.seconds, every_stem=plan.every_stem)
        with closing(parts):
            for mode in plan.modes:
                tell(f"{name}, {engine}, {_threads(threads)}, {mode}", plan.seconds + _WARM_UP)
                row, times = next(parts)
                found.times.append(times)
                found.taken[model, engine] = row.engine
                yield row

    _attempt(found.report, f"{name} on {engine}, {_threads(threads)}", rows(), found.report.compute)


def _starts(plan: Plan, song: Path, report: Report, tell: Tell) -> None:
    model, engine, block = plan.models[0], (plan.live_engines or plan.engines)[0], plan.blocks[0]
    mode = DEFAULT_MODE if DEFAULT_MODE in plan.modes else plan.modes[0]
    tell("time to first sound", _STARTS)

    def rows() -> Iterator[StartRow]:
        with _server(plan, block):
            yield from first_sounds(_options(plan, model, engine, mode, HEADROOM, block, song))

    _attempt(report, "time to first sound", rows(), report.starts)


def _live(plan: Plan, block: int, song: Path, found: Found, tell: Tell) -> None:
    report = found.report
    try:
        with _server(plan, block) as server:
            _play_all(plan, block, song, server, found, tell)
            if server is not None:
                _loop_back(plan, server, found, tell)
    except UserError as error:
        _note_failure(report, f"everything live{_block(block)}", error)


def _play_all(plan: Plan, block: int, song: Path, server: JackServer | None, found: Found, tell: Tell) -> None:
    for model in plan.models:
        for engine in plan.live_engines or plan.engines:
            for mode, headroom in plan.cases(block):
                what = f"{load_bundle(model).name} live on {engine}, {mode}{_block(block)}"
                what += f", head-room {headroom}" if headroom != HEADROOM else ""
                tell(what, _HOST + plan.live_seconds)
                options = _options(plan, model, found.engine(model, engine), mode, headroom, block, song)
                _attempt(found.report, what, _played(options, plan.live_seconds, server), found.report.live)


def _loop_back(plan: Plan, server: JackServer, found: Found, tell: Tell) -> None:
    what, model = f"loop-back{_block(server.block)}", plan.models[0]
    tell(what, _PROBE + _CHANGE * len(plan.modes))
    engine = found.engine(model, (plan.live_engines or plan.engines)[0])
    # The last one may be a mode that can only be chosen at the start.
    options = LiveOptions(model=model, engine=engine, mode=plan.modes[-1])
    rows: list[LoopRow] = []
    _attempt(found.report, what, loopbacks(options, plan.modes, server.block), rows)
    found.report.loopback += rows
    for row in rows:
        if row.difference != 0:
            heard = "nothing clear" if row.measured is None else f"{row.measured} samples"
            error = UserError(f"the host tells {row.reported} samples, and measured was {heard}.")
            _note_failure(found.report, f"{what}, {row.mode}", error)


def _played(options: LiveOptions, seconds: float, server: JackServer | None) -> Iterator[LiveRow]:
    yield play(options, seconds, server=server.pid if server is not None else None)


def _server(plan: Plan, block: int) -> AbstractContextManager[JackServer | None]:
    return JackServer(block or DUMMY_BLOCK) if plan.jack_dummy else nullcontext()


def _options(
    plan: Plan, model: str | None, engine: str, mode: str, headroom: int, block: int, song: Path
) -> LiveOptions:
    # A JACK server's block is its own; PortAudio is only asked for one on other devices.
    return LiveOptions(
        song=str(song), output=None if plan.jack_dummy else plan.device, block=0 if plan.jack_dummy else block,
        headroom=headroom, mode=mode, model=model, engine=engine, faders=silent(model),
    )  # fmt: skip


def _told(plan: Plan, report: Report) -> str:
    """What was played on, without its name: that may be a person's."""
    if plan.jack_dummy:
        return "Played on a JACK server without a sound card, started for this."
    blocks = sorted({row.block for row in report.live})
    return f"Played, unheard, on an audio device in blocks of {' and '.join(map(str, blocks)) or 'unknown size'}."


def _threads(count: int) -> str:
    return f"{count} thread" + ("s" if count != 1 else "")


def _block(block: int) -> str:
    return f", blocks of {block}" if block else ""


def check(plan: Plan) -> None:
    """Find mistakes before anything is run.

    Args:
        plan: What is to be measured.

    Raises:
        UserError: An engine or a model that doesn't exist, or no jackd where it is asked for.
    """
    for model in plan.models:
        load_bundle(model)
    for engine in (*plan.engines, *(plan.live_engines or ())):
        if engine != "auto":
            load_engine(engine)
    if plan.jack_dummy:
        require_jackd()
        require_client()
