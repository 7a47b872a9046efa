"""What the user sees while playing: a live screen in a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import sys
import time

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rtiass.control.taper import OFF_DB, decibels
from rtiass.live.faders import heard
from rtiass.live.host import LiveHost
from rtiass.live.keys import Keys
from rtiass.live.prompt import Prompt
from rtiass.live.recordtext import cost, progress
from rtiass.live.status import ENDED, FAILED, LOST, PLAYING
from rtiass.policy import POLICIES
from rtiass.stft import ALL_MODES, MODES, RATE

REFRESH = 0.08
LINE_EVERY = 5.0
METER_FLOOR = -60.0
METER_WIDTH = 24
STEP_DB = 1.5
KEYS = "keys"
"""Source of the changes made here."""

HELP = "1-9 stem  up/down level  m mute  s solo  b bypass  tab/left/right mode  p policy  space pause  q quit"
HELP_SCENES = "r recall a scene  w write one  u update the last"
HELP_SONGS = "n/N next/previous song  a go on or wait after a song"

TRIGGERS = {"u": "/scene/update", "n": "/song/next", "N": "/song/previous"}
PROMPTS = {"w": ("Save the scene as (name or number):", "/scene/save"), "r": ("Recall the scene:", "/scene")}


def run(host: LiveHost) -> int:
    """Show the host until it ends or the user does; returns the exit code.

    Args:
        host: Started host.
    """
    console = Console()
    if console.is_terminal and sys.stdin.isatty():
        return _run_screen(host, console)
    return _run_lines(host)


def _run_screen(host: LiveHost, console: Console) -> int:
    selected = 0
    prompt: Prompt | None = None
    with Keys() as keys, Live(console=console, auto_refresh=False, transient=False) as live:
        while True:
            status = host.status
            live.update(picture(host, selected, prompt), refresh=True)
            if status.phase in (ENDED, FAILED):
                break
            for key in keys.wait(REFRESH):
                if prompt is not None:
                    prompt = None if prompt.press(host.control, key, KEYS) else prompt
                elif key == "q":
                    return 0
                elif key in PROMPTS:
                    prompt = ask(host, key)
                else:
                    selected = press(host, key, selected)
    if host.status.phase == FAILED:
        print(f"Error: {host.status.text}", file=sys.stderr)
    return host.exit_code


def _run_lines(host: LiveHost) -> int:
    said: list[str] = []
    shown: dict[str, str] = {}
    phase, next_line, work = "", 0.0, ""
    while True:
        status = host.status
        for text in news(host, shown):
            print(text, file=sys.stderr, flush=True)
        for note in status.notes:
            if note not in said:
                said.append(note)
                print(f"Note: {note}", file=sys.stderr, flush=True)
        # A new share of the same work comes with the next line of figures.
        if status.work.partition(" (")[0] not in ("", work):
            print(status.work, flush=True)
        work = status.work.partition(" (")[0]
        if status.phase != phase:
            phase = status.phase
            if phase == PLAYING:
                print(summary(host), flush=True)
                next_line = time.monotonic() + LINE_EVERY
            elif status.text:
                text = f"Error: {status.text}" if phase == FAILED else status.text
                print(text, file=sys.stderr if phase in (FAILED, LOST) else sys.stdout, flush=True)
        if phase in (ENDED, FAILED):
            return host.exit_code
        if phase == PLAYING and time.monotonic() >= next_line:
            next_line = time.monotonic() + LINE_EVERY
            print(line(host), flush=True)
        time.sleep(0.05)


def news(host: LiveHost, shown: dict[str, str]) -> list[str]:
    """What the show has to say and has not said yet.

    Args:
        host: The host.
        shown: What was said last by path; it is brought up to date.
    """
    found = []
    for path, word in (("/trouble", "Trouble"), ("/message", "Note")):
        text = str(host.control.get(path))
        if text != shown.get(path, ""):
            shown[path] = text
            found += [f"{word}: {text}"] if text else []
    return found


def ask(host: LiveHost, key: str) -> Prompt:
    """The question that a key asks; to save, the scene recalled last is offered."""
    question, path = PROMPTS[key]
    return Prompt(question, path, str(host.control.get("/scene")) if key == "w" else "")


def press(host: LiveHost, key: str, selected: int) -> int:
    """Do what a key says; returns the stem that is selected then."""
    control, stems = host.control, host.stems
    stem = f"/stem/{stems[selected]}"
    modes = list(dict.fromkeys((*MODES, host.mode)))
    if key.isdecimal() and 1 <= int(key) <= len(stems):
        return int(key) - 1
    if key in ("up", "down", "+", "-"):
        step = STEP_DB if key in ("up", "+") else -STEP_DB
        control.set(f"{stem}/gain", float(control.get(f"{stem}/gain")) + step, KEYS)
    elif key in ("m", "s"):
        path = f"{stem}/{'mute' if key == 'm' else 'solo'}"
        control.set(path, not control.get(path), KEYS)
    elif key == "b":
        control.set("/bypass", not host.bypass, KEYS)
    elif key == "space":
        control.set("/pause", not host.paused, KEYS)
    elif key == "p":
        control.set("/policy", POLICIES[(POLICIES.index(host.policy) + 1) % len(POLICIES)], KEYS)
    elif key in TRIGGERS and TRIGGERS[key] in control:
        control.trigger(TRIGGERS[key], KEYS)
    elif key == "a" and "/song/wait" in control:
        control.set("/song/wait", not control.get("/song/wait"), KEYS)
    elif key in ("tab", "right", "left"):
        control.set("/mode", modes[(modes.index(host.mode) + (-1 if key == "left" else 1)) % len(modes)], KEYS)
    return selected


def picture(host: LiveHost, selected: int, prompt: Prompt | None = None) -> Group:
    """The whole screen."""
    status = host.status
    foot = _foot(host, prompt)
    if status.phase != PLAYING:
        return Group(Text(status.text or "Starting ...", style="yellow" if status.phase != FAILED else "red"), *foot)
    parts: list[Table | Text] = [Text(_heading(host), style="bold"), _stems(host, selected)]
    parts.append(Text(latencies(host)))
    counted = counters(host)
    parts.append(Text(counted, style="" if _clean(host) else "yellow"))
    if host.options.record is not None:
        parts.append(Text(f"{progress(host)}   {cost(host)}", style="red"))
    parts += [Text(f"Note: {note}", style="yellow") for note in status.notes]
    parts += [Text(told, style="dim") for told in (engine_reason(host), status.work) if told]
    return Group(*parts, *foot, Text(HELP, style="dim"), Text(_further_help(host), style="dim"))


def _foot(host: LiveHost, prompt: Prompt | None) -> list[Text]:
    """What the show has to say, and the line that is typed on."""
    parts = []
    for path, style in (("/trouble", "red"), ("/message", "cyan")):
        if text := str(host.control.get(path)):
            parts.append(Text(text, style=style))
    return [*parts, Text(prompt.line, style="bold reverse")] if prompt is not None else parts


def _further_help(host: LiveHost) -> str:
    return f"{HELP_SCENES}  {HELP_SONGS}" if "/song/next" in host.control else HELP_SCENES


def _heading(host: LiveHost) -> str:
    about = host.status.about
    flags = [f"mode {list(ALL_MODES)[int(host.state.get('heard_mode'))]}", f"late: {host.policy}"]
    flags += ["BYPASS"] if host.bypass else []
    flags += ["PAUSED"] if host.paused else []
    scene = str(host.control.get("/scene"))
    flags += [f"scene {scene}"] if scene else []
    flags += [text for text in (song_title(host), song_time(host) if host.options.song else "") if text]
    return f"{about['model']} on {about['engine']}   {'  '.join(flags)}"


def _stems(host: LiveHost, selected: int) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    fields = host.state.fields
    values, _ = host.control.values()
    for index, stem in enumerate(host.stems):
        active = float(fields["activity"][0, index])
        gate = float(fields["gates"][0, index])
        gain = heard(values, stem, host.stems)
        level = power_db(float(fields["levels"][0, index]) * gain * gain)
        light = Text("●", style="green" if gate > 0.5 else ("yellow" if active > 0.3 else "dim"))
        flags = ("M" if values[f"/stem/{stem}/mute"] else " ") + ("S" if values[f"/stem/{stem}/solo"] else " ")
        table.add_row(
            "▶" if index == selected else " ",
            f"{index + 1} {stem}",
            light,
            meter(level),
            f"{level_text(gain):>8}",
            flags,
        )
    peaks = fields["output_peaks"][0, : int(host.status.about.get("outputs", 2))]
    table.add_row("", "in", "", meter(decibels_of(float(fields["input_peaks"][0].max()))), "", "")
    table.add_row("", "out", "", meter(decibels_of(float(peaks.max()) if len(peaks) else 0.0)), "", "")
    return table


def meter(level: float) -> Text:
    """A bar for a level in dB of full scale."""
    filled = round(METER_WIDTH * (max(level, METER_FLOOR) - METER_FLOOR) / -METER_FLOOR)
    filled = min(METER_WIDTH, filled)
    style = "red" if level > -1.0 else ("yellow" if level > -9.0 else "green")
    return Text("█" * filled, style=style) + Text("░" * (METER_WIDTH - filled), style="dim")


def power_db(power: float) -> float:
    """Mean power in dB of full scale."""
    return 10.0 * math.log10(power) if power > 1e-12 else -math.inf


def decibels_of(peak: float) -> float:
    """Peak magnitude in dB of full scale."""
    return decibels(peak)


def level_text(gain: float) -> str:
    """A fader's level for the screen."""
    level = decibels(gain)
    return "off" if level <= OFF_DB else f"{level:+.1f} dB"


def latencies(host: LiveHost) -> str:
    """The three figures of latency, kept apart."""
    figures = host.latency()
    driver = figures["driver_input"] + figures["driver_output"]
    told = "not told" if math.isnan(driver) else f"{driver:.1f} ms"
    samples = figures["host_samples"]
    exact = f"{samples:.0f}" if samples == int(samples) else f"{samples:.1f}"
    rate = host.state.get("device_rate")
    host_told = f"{figures['host']:.1f} ms, exactly {exact} samples at {rate:.0f} Hz"
    return f"latency: driver {told} | host {host_told} | loop-back: rtiass live --measure"


def counters(host: LiveHost) -> str:
    """Everything that went wrong so far, each kind for itself."""
    get = host.state.get
    age = 1000.0 * get("mask_age") / RATE
    text = (
        f"late masks {get('late_masks')} | mask age {age:.0f} ms"
        f" | xruns in {get('input_xruns')} out {get('output_xruns')}"
        f" | ring underruns {get('underruns')} ({get('underrun_frames')} samples)"
    )
    for name, words in (
        ("skipped_frames", "frames skipped"),
        ("bad_frames", "bad frames"),
        ("lost_input", "input samples lost"),
        ("starved", "song samples late"),
        ("wait_timeouts", "waits given up"),
    ):
        if get(name):
            text += f" | {words} {get(name)}"
    return text + (f" | restarts {host.status.restarts}" if host.status.restarts else "")


def _clean(host: LiveHost) -> bool:
    names = ("late_masks", "input_xruns", "output_xruns", "underruns", "bad_frames", "lost_input")
    return not any(host.state.get(name) for name in names)


def song_title(host: LiveHost) -> str:
    """Number and name of the present song of a set list; empty without one."""
    control = host.control
    if "/song/title" not in control or not control.get("/song/title"):
        return ""
    waits = "  (then waits)" if control.get("/song/wait") else ""
    return f"{float(control.get('/song/index')) + 1:.0f}. {control.get('/song/title')}{waits}"


def song_time(host: LiveHost) -> str:
    """Where the song is."""
    rate = host.state.get("device_rate") or 1.0
    at, length = int(host.state.get("song_position") / rate), int(host.state.get("song_length") / rate)
    text = f"{at // 60}:{at % 60:02d}"
    return f"{text} of {length // 60}:{length % 60:02d}" if length else text


def summary(host: LiveHost) -> str:
    """One sentence when playing begins."""
    about = host.status.about
    place = f"'{about['output']}' ({about['api']}, {about['rate']} Hz, blocks of {about['block']})"
    recorded = f"\n{cost(host)}" if host.options.record is not None else ""
    reason = f"\n{told}" if (told := engine_reason(host)) else ""
    return f"Playing on {place} with {about['model']} on {about['engine']}. {latencies(host)}{recorded}{reason}"


def engine_reason(host: LiveHost) -> str:
    """Why ``auto`` chose its engine; empty for one that was asked for."""
    why = host.status.about.get("engine_why", "")
    return f"Engine {host.status.about['engine']}: {why}." if why else ""


def line(host: LiveHost) -> str:
    """A status line where there is no terminal."""
    fields = host.state.fields
    stems = []
    for index, stem in enumerate(host.stems):
        level = max(power_db(float(fields["levels"][0, index])), -99.0)
        stems.append(f"{stem} {level:.0f}dB{'*' if fields['gates'][0, index] > 0.5 else ''}")
    where = f"{song_time(host)} " if host.options.song else ""
    where = f"{title} {where}" if (title := song_title(host)) else where
    recorded = f" | {progress(host)}" if host.options.record is not None else ""
    work = f" | {host.status.work}" if host.status.work else ""
    return f"{where}{' '.join(stems)} | {counters(host)}{recorded}{work}"
