"""The live host in real time on a JACK server without a sound card: what is late, start-up, processor, memory.

    python benchmarks/live.py [--model PATH] [--seconds 5] [--full] [--json FILE] [--png FILE]

For Linux with jackd, which it starts and ends by itself; start-up needs the dev extra (JACK-Client). Plays noise as a
song and prints Markdown tables. Every case is a fresh host. Quiet machines only: on a busy one others' work is measured
as well; how much there was is printed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from jack_dummy import (
    JackServer,
    Listener,
    busy_seconds,
    cpu_seconds,
    describe_machine,
    live_child,
    memory,
    wake_lateness,
)

from rtiass.bundle import load_bundle
from rtiass.errors import UserError
from rtiass.live.child import child_environment
from rtiass.live.host import LiveHost
from rtiass.live.options import HEADROOM, LiveOptions
from rtiass.stft import DEFAULT_MODE, MODES, RATE

BLOCKS = (128, 256, 512, 1024)
HEADROOMS = (0, 128, 256, 512)
HEADROOM_BLOCK = 128
HEADROOM_MODES = ("live", "ultra", "instant")
LOAD_BLOCK = 256
"""The block at which load and memory are told."""

WARM_STARTS = 3
START_TIMEOUT = 120.0

Row = dict[str, Any]
Case = tuple[str, int, int]
"""Mode, block, head-room."""

COUNTED = ("underruns", "late_masks", "skipped_frames", "xruns")


def noise(path: Path, seconds: float) -> Path:
    """A song of noise that swells four times a second, a little different on both sides."""
    rng = np.random.default_rng(0)
    swell = 0.1 * (1.05 + np.sin(8 * np.pi * np.arange(int(seconds * RATE)) / RATE))
    common, apart = rng.standard_normal((len(swell), 1)), rng.standard_normal((len(swell), 2))
    soundfile.write(path, 0.7 * swell[:, None] * (common + 0.5 * apart), RATE, subtype="PCM_16")
    return path


def cases(blocks: Sequence[int], modes: Sequence[str], full: bool) -> list[Case]:
    """The grid, by blocks: a server has one."""
    grid: list[Case] = []
    for block in blocks:
        for mode in modes:
            few = block != HEADROOM_BLOCK or mode not in HEADROOM_MODES
            grid += [(mode, block, h) for h in HEADROOMS if full or not few or h == HEADROOM]
    return grid


def play(case: Case, server: JackServer, song: Path, model: str | None, engine: str, seconds: float) -> Row:
    """Play for a while with a fresh host; everything that it and the system count."""
    mode, block, headroom = case
    row: Row = {"mode": mode, "block": block, "headroom": headroom}
    host = LiveHost(LiveOptions(song=str(song), model=model, engine=engine, mode=mode, headroom=headroom))
    state = host.state
    try:
        host.start()
        host.wait_until_playing(START_TIMEOUT)
        child = live_child()
        if child is None:
            raise UserError("The host's process is gone.")
        before = time.monotonic(), cpu_seconds(child), cpu_seconds(server.pid), time.process_time(), *busy_seconds()
        time.sleep(seconds)
        after = time.monotonic(), cpu_seconds(child), cpu_seconds(server.pid), time.process_time(), *busy_seconds()
        wall, own, jackd, here, busy, steal = (b - a for a, b in zip(before, after, strict=True))
        now, most = memory(child)
        row |= {
            "callbacks": int(state.get("callbacks")),
            "xruns": int(state.get("input_xruns") + state.get("output_xruns")),
            "cpu": own / wall,
            "cpu_others": max(0.0, busy - own - jackd - here) / wall,
            "cpu_stolen": steal / wall,
            "memory_mb": now,
            "memory_most_mb": most,
            "latency": host.latency()["host_samples"],
            "engine": host.status.about["engine"],
            "trial_step_ms": 1000 * host.status.about["step_time"],
            "notes": list(host.status.notes),
            "restarts": host.status.restarts,
        }
        names = ("underruns", "underrun_frames", "late_masks", "skipped_frames", "bad_frames", "lost_input", "starved")
        row |= {name: int(state.get(name)) for name in (*names, "mask_delay")}
        for name in ("step_median", "step_p99", "step_max", "turn_p99", "turn_max"):
            row[f"{name}_ms"] = 1000 * float(state.get(name))
    except (UserError, TimeoutError) as error:
        row["error"] = str(error)
    finally:
        host.close()
    return row


# Start-up


@contextlib.contextmanager
def numba_cache() -> Iterator[None]:
    """An empty cache of compiled code."""
    before = os.environ.get("NUMBA_CACHE_DIR")
    with tempfile.TemporaryDirectory(prefix="rtiass-bench-") as folder:
        os.environ["NUMBA_CACHE_DIR"] = folder
        try:
            yield
        finally:
            os.environ.pop("NUMBA_CACHE_DIR")
            if before is not None:
                os.environ["NUMBA_CACHE_DIR"] = before


def start_command(listener: Listener, song: Path, model: str | None, engine: str) -> float | None:
    """Seconds from ``rtiass live`` to the first separated sound at the output."""
    # With the policy 'mute' nothing but separated sound is ever heard.
    words = [sys.executable, "-m", "rtiass", "live", str(song), "--engine", engine, "--policy", "mute"]
    begun = time.monotonic()
    process = subprocess.Popen(
        words + (["--model", model] if model else []), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        heard = listener.wait(START_TIMEOUT, lambda: process.poll() is not None)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return None if heard is None else heard - begun


def start_host(listener: Listener, song: Path, model: str | None, engine: str) -> float | None:
    """The same from ``LiveHost(...)`` in a program that has imported it already."""
    begun = time.monotonic()
    with LiveHost(LiveOptions(song=str(song), model=model, engine=engine, policy="mute")):
        heard = listener.wait(START_TIMEOUT)
    return None if heard is None else heard - begun


def startup(song: Path, model: str | None, engine: str) -> list[Row]:
    """Cold and warm starts of the command and of the class."""
    rows: list[Row] = []
    with JackServer(LOAD_BLOCK), Listener() as listener:
        for what, start in (("`rtiass live`", start_command), ("`LiveHost`", start_host)):
            with numba_cache():
                times = []
                for _ in range(1 + WARM_STARTS):
                    times.append(start(listener, song, model, engine))
                    listener.wait_until_gone()
                    if times[-1] is None:
                        raise UserError(f"No sound came from {what}.")
            rows.append({"what": what, "cold_s": times[0], "warm_s": times[1:]})
    return rows


# Tables


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def counts(row: Row | None) -> str:
    """A cell: what was late."""
    if row is None:
        return ""
    return "failed" if "error" in row else " / ".join(str(row[name]) for name in COUNTED)


def startup_table(rows: list[Row]) -> str:
    """Start-up."""
    heads = ["from start to first separated sound", "cold", f"warm (median of {WARM_STARTS})"]
    return table(heads, [[r["what"], f"{r['cold_s']:.1f} s", f"{statistics.median(r['warm_s']):.1f} s"] for r in rows])


def block_table(rows: list[Row], headroom: int) -> str:
    """Modes by blocks, at one head-room."""
    found = {(r["mode"], r["block"]): r for r in rows if r["headroom"] == headroom}
    blocks = sorted({block for _, block in found})
    heads = ["mode"]
    for block in blocks:
        calls = max(r.get("callbacks", 0) for (_, b), r in found.items() if b == block)
        heads.append(f"{block} ({calls} callbacks)")
    modes = [m for m in MODES if any(m == mode for mode, _ in found)]
    return table(heads, [[f"`{m}`", *(counts(found.get((m, b))) for b in blocks)] for m in modes])


def headroom_table(rows: list[Row], block: int) -> str:
    """Head-rooms by modes, at one block."""
    found = {(r["headroom"], r["mode"]): r for r in rows if r["block"] == block}
    heights = sorted({h for h, _ in found})
    modes = [m for m in MODES if sum((h, m) in found for h in heights) > 1]
    body = [[str(h), *(counts(found.get((h, m))) for m in modes)] for h in heights]
    return table(["head-room", *(f"`{m}`" for m in modes)], body)


def load_table(rows: list[Row], block: int) -> str:
    """Load and memory by modes, at one block and the default head-room."""
    heads = [
        "mode", "of a core", "memory", "network step p50", "p99", "max", "period", "turn p99", "max", "mask delay",
    ]  # fmt: skip
    body = [
        [
            f"`{r['mode']}`", f"{r['cpu']:.0%}", f"{r['memory_mb']:.0f} MB", f"{r['step_median_ms']:.2f} ms",
            f"{r['step_p99_ms']:.2f} ms", f"{r['step_max_ms']:.2f} ms",
            f"{1000 * MODES[r['mode']].period / RATE:.1f} ms", f"{r['turn_p99_ms']:.2f} ms",
            f"{r['turn_max_ms']:.2f} ms", delay(r),
        ]
        for r in rows
        if r["block"] == block and r["headroom"] == HEADROOM and "error" not in r
    ]  # fmt: skip
    return table(heads, body)


def delay_table(rows: list[Row]) -> str:
    """Planned mask lag, modes by blocks, at the default head-room."""
    found = {(r["mode"], r["block"]): r for r in rows if r["headroom"] == HEADROOM and "error" not in r}
    blocks = sorted({block for _, block in found})
    modes = [m for m in MODES if any(m == mode for mode, _ in found)]
    body = [[f"`{m}`", *(delay(found[m, b]) if (m, b) in found else "" for b in blocks)] for m in modes]
    return table(["mode", *map(str, blocks)], body)


def delay(row: Row) -> str:
    """Planned mask lag in hops and time."""
    milliseconds = 1000 * row["mask_delay"] * MODES[row["mode"]].hop / RATE
    return f"{row['mask_delay']} ({milliseconds:.1f} ms)" if row["mask_delay"] else "0"


def machine_text(machine: Row, rows: list[Row]) -> str:
    """The machine in words, and how quiet it was."""
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    kind = "virtual" if machine["virtual"] else "physical"
    lines = [
        f"{machine['processor']}, {machine['cores']} cores ({kind} machine), {machine['system']}, "
        f"Python {machine['python']}, {packages}, {machine['jackd']}, "
        f"real-time priority {'granted' if machine['realtime'] else 'refused'}.",
        f"Load before: {machine['load']:.2f}. A real-time thread that only sleeps woke up late by "
        f"{machine['late_p999_ms']:.2f} ms (p99.9), at most {machine['late_max_ms']:.2f} ms.",
    ]
    good = [r for r in rows if "error" not in r]
    if good:
        others, stolen = [r["cpu_others"] for r in good], [r["cpu_stolen"] for r in good]
        lines.append(
            f"Other processes meanwhile: {statistics.mean(others):.2f} cores in the mean, at most {max(others):.2f}; "
            f"stolen by the machine around it: {statistics.mean(stolen):.2f}, at most {max(stolen):.2f}."
        )
    return "\n".join(lines)


def picture(path: Path, turns: dict[str, Any], block: int) -> None:
    """Histograms of the turn times."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(len(turns), 1, sharex=True, figsize=(8, 1.6 * len(turns)), squeeze=False)
    limit = 1000 * (block + HEADROOM) / RATE
    most = 1.05 * max(limit, *(1000 * times.max() for times in turns.values()))
    for axis, (mode, times) in zip(axes[:, 0], turns.items(), strict=True):
        axis.hist(1000 * times, bins=np.linspace(0, most, 120), log=True)
        axis.axvline(limit, color="black", linestyle="--", linewidth=1)
        axis.set_ylabel(mode)
    axes[0, 0].set_title(f"Turns of the audio thread, blocks of {block}; dashed: block and head-room")
    axes[-1, 0].set_xlabel("ms")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def turn_times(song: Path, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All turn times, by mode."""
    found = {}
    target = folder / "turns.npy"
    with JackServer(LOAD_BLOCK):
        for mode in options.modes:
            say(f"turn times: {mode}")
            live = LiveOptions(song=str(song), model=options.model, engine=options.engine, mode=mode)
            script = str(Path(__file__).with_name("live_turns.py"))
            words = [sys.executable, script, live.to_json(), str(options.seconds), str(target)]
            subprocess.run(words, env=child_environment(), check=True, timeout=START_TIMEOUT + options.seconds)
            found[mode] = np.load(target)
    return found


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def report(machine: Row, starts: list[Row], rows: list[Row]) -> None:
    """Print everything."""
    seconds = machine["seconds"]
    print(f"Model {machine['model']}; every case {seconds:g} s of noise.\n{machine_text(machine, rows)}\n")
    if starts:
        print(startup_table(starts) + "\n")
    names = "ring underruns / late masks / skipped frames / xruns"
    print(f"{names}, by mode and block, head-room {HEADROOM}:\n\n{block_table(rows, HEADROOM)}\n")
    for block in sorted({r["block"] for r in rows if r["headroom"] != HEADROOM}):
        print(f"{names}, by head-room, blocks of {block}:\n\n{headroom_table(rows, block)}\n")
    if any(r["block"] == LOAD_BLOCK for r in rows):
        print(f"Load and memory, blocks of {LOAD_BLOCK}, head-room {HEADROOM}:\n\n{load_table(rows, LOAD_BLOCK)}\n")
    print(f"Planned mask delay in hops, by mode and block:\n\n{delay_table(rows)}\n")
    for row in rows:
        case = f"{row['mode']}, blocks of {row['block']}, head-room {row['headroom']}"
        if "error" in row:
            print(f"Failed ({case}): {row['error']}")
        elif row["bad_frames"] or row["lost_input"] or row["starved"] or row["restarts"]:
            rare = ("bad_frames", "lost_input", "starved", "restarts")
            print(f"Also ({case}): {', '.join(f'{name} {row[name]}' for name in rare)}")
    for note in dict.fromkeys(note for row in rows for note in row.get("notes", ())):
        print(f"Note: {note}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="name or folder of a model; default: the shipped one")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each case")
    parser.add_argument("--blocks", type=int, nargs="+", default=list(BLOCKS))
    parser.add_argument("--modes", nargs="+", choices=list(MODES), default=list(MODES))
    parser.add_argument("--full", action="store_true", help="every head-room with every mode and block")
    parser.add_argument("--no-start", action="store_true", help="without the start-up times")
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--png", type=Path, help="file for histograms of the turn times")
    options = parser.parse_args()
    if sys.platform != "linux" or not (shutil.which("jackd") and shutil.which("jack_wait")):
        sys.exit("This needs Linux and jackd (Debian and Ubuntu: apt install jackd2).")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    name = load_bundle(options.model).name
    machine: Row = {**describe_machine(), "seconds": options.seconds, "model": name, "starts_in_mode": DEFAULT_MODE}
    say("the machine itself")
    machine["late_p999_ms"], machine["late_max_ms"] = (1000 * late for late in wake_lateness())
    starts: list[Row] = []
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="rtiass-bench-") as folder:
        song = noise(Path(folder) / "noise.wav", options.seconds + 20)
        try:
            if not options.no_start:
                say("start-up")
                starts = startup(song, options.model, options.engine)
        except ImportError:
            say("JACK-Client isn't installed: no start-up times. Install it with: pip install 'rtiass[dev]'")
        grid = cases(options.blocks, options.modes, options.full)
        for block in options.blocks:
            with JackServer(block) as server:
                machine["realtime"] = server.realtime
                for case in (c for c in grid if c[1] == block):
                    say(f"{len(rows) + 1} of {len(grid)}: {case[0]}, blocks of {block}, head-room {case[2]}")
                    rows.append(play(case, server, song, options.model, options.engine, options.seconds))
        turns = turn_times(song, options, Path(folder)) if options.png else {}
    report(machine, starts, rows)
    if options.json:
        options.json.write_text(json.dumps({"machine": machine, "starts": starts, "runs": rows}, indent=1))
    if options.png:
        picture(options.png, turns, LOAD_BLOCK)


if __name__ == "__main__":
    try:
        main()
    except (UserError, RuntimeError) as problem:
        sys.exit(str(problem))
