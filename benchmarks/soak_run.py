"""One run of the soak: starts all processes, disturbs them, and judges what they left; for ``soak.py`` and its test."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soak_check as check
import soxr
from soak_judge import counts_of, late_over_time, violations
from soak_memory import Watch, count, descendants, growth

from rtiass.audiofile import open_audio
from rtiass.bench.machine import Load
from rtiass.live.options import LiveOptions, Route
from rtiass.live.source import stereo
from rtiass.stft import MODES, RATE

HERE = Path(__file__).parent
DEMO = HERE.parent / "rtiass" / "demo" / "antagata_dokosa.ogg"
MAP = """
ports = ["source*"]
[[control]]
cc = 7
path = "/bus/karaoke/gain"
takeover = "jump"
feedback = false
[[control]]
cc = 8
path = "/bus/karaoke/stem/drums/gain"
takeover = "jump"
feedback = false
"""
ROUTES = (Route("mix", (1, 2)), Route("karaoke", (3, 4)), Route("drums", (5, 6)))
TRACKS = ("input", "karaoke:post", "drums:post")
BURNER = "while True: pass"
START_WITHIN = 180.0
QUIET = 1e-4
"""Level of the noise under the music: it is never exactly zero."""


@dataclass(frozen=True)
class Phase:
    """So many processes that only spin, for so many seconds."""

    burners: int
    seconds: float


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes:
        mode: Latency mode.
        block: The server's.
        phases: One after the other.
        folder: For logs, sound and takes: some 110 MB a minute.
        model: Bundle.
        engine: Engine.
        song: What is played in a loop, or None for the demo song.
        freewheel: As fast as it goes.
        awake: The processor never sleeps.
        midi: Faders are moved by MIDI too.
        watch_every: Seconds between two looks at the memory.
    """

    mode: str
    block: int
    phases: tuple[Phase, ...]
    folder: Path
    model: str | None = None
    engine: str = "onnxruntime"
    song: Path | None = None
    freewheel: bool = False
    awake: bool = False
    midi: bool = True
    watch_every: float = 5.0

    @property
    def seconds(self) -> float:
        """Of sound."""
        return sum(phase.seconds for phase in self.phases)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Process:
    """A script of this folder that is spoken to by lines of JSON."""

    def __init__(self, script: str, order: dict[str, Any], errors: Path) -> None:
        self._errors = errors
        # The checkout that this lies in, whichever is installed.
        paths = os.pathsep.join(p for p in (str(HERE.parent), os.environ.get("PYTHONPATH", "")) if p)
        with errors.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                text=True, env={**os.environ, "PYTHONPATH": paths, "RTIASS_MIDI": "jack", "OMP_NUM_THREADS": "1"},
            )  # fmt: skip
        self.tell(json.dumps(order))

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()

    def hear(self, seconds: float) -> dict[str, Any]:
        """Its next line."""
        assert self.process.stdout is not None
        timer = threading.Timer(seconds, self.process.kill)
        timer.start()
        try:
            line = self.process.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            last = self._errors.read_text("utf-8", "replace").strip().splitlines()[-1:]
            raise RuntimeError(f"{self.process.args[1]} ended before its time. {' '.join(last)}")  # type: ignore[index]
        return dict(json.loads(line))

    def close(self) -> None:
        if self.process.poll() is None:
            self.tell("end")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        self.process.kill()
        self.process.communicate()


@contextlib.contextmanager
def burning(count: int) -> Iterator[None]:
    """CPU burners at normal priority."""
    burners = [subprocess.Popen([sys.executable, "-S", "-c", BURNER]) for _ in range(count)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def music(song: Path | None) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A song at the model's rate, over noise that nobody hears."""
    parts = []
    with contextlib.closing(open_audio(song or DEMO)) as reader:
        while len(block := reader.read(1 << 16)):
            parts.append(stereo(block))
        rate = reader.rate
    sound = np.concatenate(parts)
    if rate != RATE:
        sound = soxr.resample(sound, rate, RATE)
    noise = np.random.default_rng(0).uniform(0.1, 1.0, sound.shape).astype(np.float32)
    return (0.9 * sound + QUIET * noise).astype(np.float32)


def shared_handles() -> set[str]:
    """What clients of the JACK server named by the environment keep in shared memory."""
    server = os.environ["JACK_DEFAULT_SERVER"]
    return {path.name for path in Path("/dev/shm").iterdir() if server in path.name}


def soak(plan: Plan, server: int) -> dict[str, Any]:
    """Run a plan on the JACK server named by the environment; all figures, and ``violations`` as sentences."""
    sound = music(plan.song)
    np.save(plan.folder / "sound.npy", sound)
    (plan.folder / "map.toml").write_text(MAP)
    options = LiveOptions(
        routes=ROUTES, model=plan.model, engine=plan.engine, mode=plan.mode, freewheel=plan.freewheel,
        awake=plan.awake,
        record=str(plan.folder / "takes"), record_tracks=TRACKS, record_format="wav",
    )  # fmt: skip
    before, descriptors = shared_handles(), count(f"/proc/{server}/fd")
    say(f"{plan.mode}: starting")
    row = _play(plan, options, server)
    time.sleep(0.3)
    row["left_over"] = sorted(shared_handles() - before)
    row["server_descriptors"] = [descriptors, count(f"/proc/{server}/fd")]
    say(f"{plan.mode}: comparing {plan.seconds / 60:.1f} minutes sample by sample")
    row |= _judge(plan, options, sound, row)
    row["violations"] = violations(row)
    for text in row["violations"]:
        say(f"{plan.mode}: {text}")
    return row


def _play(plan: Plan, options: LiveOptions, server: int) -> dict[str, Any]:
    row: dict[str, Any] = {"mode": plan.mode, "block": plan.block, "seconds": plan.seconds, "phases": []}
    row["freewheel"], row["awake"] = plan.freewheel, plan.awake
    order = {
        "options": asdict(options), "log": str(plan.folder), "scenes": str(plan.folder / "scenes.toml"),
        "map": str(plan.folder / "map.toml") if plan.midi else "",
    }  # fmt: skip
    with contextlib.ExitStack() as stack:

        def start(script: str, order: dict[str, Any]) -> Process:
            made = Process(script, order, plan.folder / f"{script}.log")
            stack.callback(made.close)
            return made

        host = start("soak_host.py", order)
        ready = host.hear(START_WITHIN)
        player = start("soak_player.py", {
            "sound": str(plan.folder / "sound.npy"), "heard": str(plan.folder / "heard.bin"), "outputs": 6,
            "freewheel": plan.freewheel, "seconds": plan.seconds, "midi": plan.midi,
        })  # fmt: skip
        player.hear(START_WITHIN)
        traffic = start("soak_traffic.py", {"remote": ready["remote"], "osc": ready["osc"]})
        pids = descendants(host.process.pid)
        clocks = [start("soak_clock.py", {"processor": number}) for number in sorted(os.sched_getaffinity(0))]
        above = [clock.hear(30.0)["above"] for clock in clocks]
        watch = Watch(pids, plan.watch_every if not plan.freewheel else 0.25)
        watch.start()
        begun = time.monotonic()
        if not plan.freewheel:
            others = [*clocks, player, traffic]
            ours = (*pids.values(), server, *(process.process.pid for process in others))
            _spin(plan, begun, ours, row["phases"])
        row["player"] = player.hear(60.0 + 2.0 * plan.seconds)
        row["wall"] = time.monotonic() - begun
        watch.stop()
        row["stalls"] = []
        for clock, real in zip(clocks, above, strict=True):
            clock.tell("end")
            stalls = clock.hear(10.0)["stalls"]
            # One that had to wait its turn among others tells nothing of the machine.
            row["stalls"] += stalls if real else []
        row["stalls"].sort()
        traffic.tell("end")
        row["traffic"] = traffic.hear(30.0)
        host.tell("end")
        row["host"] = host.hear(120.0)
        row["about"] = ready["about"]
        row["memory"] = {role: growth(samples) for role, samples in watch.samples.items() if len(samples) > 3}
        row["watched"] = {
            role: [[round(at, 1), seen["anonymous"]] for at, seen in samples] for role, samples in watch.samples.items()
        }
    return row


def _spin(plan: Plan, begun: float, ours: tuple[int, ...], told: list[dict[str, Any]]) -> None:
    """Go through the phases; of those without burners the cores that others took, and that were stolen, are noted."""
    end = begun
    for phase in plan.phases:
        end += phase.seconds
        say(f"{plan.mode}: {phase.seconds / 60:.1f} minutes with {phase.burners} burners")
        entry: dict[str, Any] = {"burners": phase.burners, "begin": time.monotonic()}
        before = Load.look(*ours)
        with burning(phase.burners):
            time.sleep(max(0.0, end - time.monotonic()))
        others, stolen = before.until(Load.look(*ours)) if phase.burners == 0 else (None, None)
        told.append({**entry, "end": time.monotonic(), "others": others, "stolen": stolen})


def _judge(plan: Plan, options: LiveOptions, sound: np.ndarray[Any, Any], row: dict[str, Any]) -> dict[str, Any]:
    host = row["host"]
    run = check.Run(plan.folder, options, sound, host["host_latency"], host["prefill"], host["mask_delay"])
    run.begun = check.find_begin(run)
    out, played_late = run.left_out(), run.left_out(("underruns", "lost_input", "restarts"))
    replay, states = check.check_replay(run, out)
    found: dict[str, Any] = {
        "direct": asdict(check.check_direct(run)),
        "delay": asdict(check.check_delay(run, played_late)),
        "replay": asdict(replay),
        "states_replayed": states,
        "take_input": asdict(check.check_take(run, "input", None, played_late)),
        "take_karaoke": asdict(check.check_take(run, "karaoke", slice(3, 5), played_late)),
        "take_drums": asdict(check.check_take(run, "drums_post", slice(5, 7), played_late)),
        "latency": run.latency,
    }
    length = len(run.heard)
    found["delays"] = [
        check.measured_delay(run, at) for at in np.linspace(RATE, length - 2 * RATE, 9).astype(int).tolist()
    ]
    found["silence"], found["silence_played"] = check.longest_silence(run)
    found["counts"] = counts_of(run, row["phases"], row["stalls"])
    found["incidents"] = sum(int(run.rows[name][-1] - run.rows[name][0]) for name in check.INCIDENTS)
    found["late_over_time"] = late_over_time(run)
    found["hops"] = plan.seconds * RATE / MODES[plan.mode].hop
    return found
