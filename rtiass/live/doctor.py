"""What is here for playing live, what isn't, and what to do about it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtiass.errors import UserError

GOOD, WARN, BAD = "ok", "note", "missing"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        state: ``ok``, ``note`` (works, could be better) or ``missing``.
        subject: What was looked at.
        text: What was found and, unless ``ok``, what to do.
    """

    state: str
    subject: str
    text: str


def examine() -> list[Finding]:
    """Look at everything; nothing here raises, plays or records."""
    findings: list[Finding] = []
    checks: list[tuple[str, Callable[[], list[Finding]]]] = [
        ("sound", _sound), ("engines", _engines), ("models", _models), ("real time", _realtime),
        ("memory", _memory), ("compiled code", _compiled), ("processor", _processor),
    ]  # fmt: skip
    for subject, check in checks:
        try:
            findings += check()
        except Exception as error:
            findings.append(Finding(BAD, subject, f"Could not be looked at ({type(error).__name__}: {error})."))
    return findings


def _sound() -> list[Finding]:
    from rtiass.live import device

    try:
        sd = device.portaudio()
    except UserError as error:
        return [Finding(BAD, "PortAudio", str(error))]
    found = [Finding(GOOD, "PortAudio", sd.get_portaudio_version()[1])]
    found.append(_jack(sd))
    for kind in ("input", "output"):
        try:
            chosen = device.find(sd, None, kind)
        except UserError as error:
            found.append(Finding(BAD, f"{kind} device", str(error)))
            continue
        text = f"{chosen.index} {chosen.name} ({chosen.api}, {chosen.rate:.0f} Hz)"
        if round(chosen.rate) == 44100:
            found.append(Finding(GOOD, f"{kind} device", text))
        else:
            advice = "Its sound is resampled unless it also takes 44100 Hz: --rate 44100 saves 3 ms where it does."
            found.append(Finding(WARN, f"{kind} device", f"{text}. {advice}"))
    return found


def _jack(sd: Any) -> Finding:
    names = [api["name"] for api in sd.query_hostapis()]
    if any("JACK" in name for name in names):
        return Finding(GOOD, "JACK server", "running")
    text = "none is running. It isn't needed; it gives the shortest latency on Linux. Start one: jackd, or PipeWire's."
    return Finding(WARN if sys.platform == "linux" else GOOD, "JACK server", text)


def _engines() -> list[Finding]:
    from rtiass.engine import probe_all

    probed = probe_all()
    usable = any(probe.available for _, probe in probed)
    found = [
        Finding(GOOD if probe.available else (WARN if usable else BAD), f"engine {name}", probe.detail)
        for name, probe in probed
    ]
    if usable:
        found += _choice(sum(probe.available for _, probe in probed))
    return found or [Finding(BAD, "engines", "None is registered. Reinstall rtiass.")]


def _choice(usable: int) -> list[Finding]:
    """What ``auto`` takes for the default model, and why."""
    from rtiass.bundle import load_bundle
    from rtiass.enginechoice import remembered

    try:
        bundle = load_bundle()
    except UserError:  # told with the models
        return []
    verdict = remembered(bundle)
    text = f"for {bundle.name}: {verdict.why}"
    return [Finding(GOOD if verdict.engine or usable == 1 else WARN, "engine auto", text)]


def _models() -> list[Finding]:
    from rtiass.bundle import bundle_names, default_bundle, load_bundle

    names = bundle_names()
    if not names:
        return [Finding(BAD, "models", "None is installed. Reinstall rtiass, or name a bundle's folder with --model.")]
    found = []
    for name in names:
        try:
            stems = ", ".join(load_bundle(name).stems)
            mark = " (default)" if name == default_bundle() else ""
            found.append(Finding(GOOD, f"model {name}", f"{stems}{mark}"))
        except UserError as error:
            found.append(Finding(BAD, f"model {name}", str(error)))
    return found


def _realtime() -> list[Finding]:
    from rtiass.live.audioloop import PRIORITY
    from rtiass.live.realtime import raise_priority

    refusal: list[str] = []
    # In a thread of its own, which takes the priority with it when it ends.
    thread = threading.Thread(target=lambda: refusal.append(raise_priority(PRIORITY)))
    thread.start()
    thread.join()
    text = refusal[0] if refusal else ""
    return [Finding(WARN if text else GOOD, "real-time priority", text or f"granted (SCHED_FIFO {PRIORITY})")]


def _memory() -> list[Finding]:
    if sys.platform == "win32":
        return []
    import resource

    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    if limit == resource.RLIM_INFINITY or os.geteuid() == 0:
        return [Finding(GOOD, "memory locking", "allowed")]
    advice = "Set '@audio - memlock unlimited' in /etc/security/limits.d/audio.conf, then log in anew."
    return [Finding(WARN, "memory locking", f"limited to {limit // 1024} KiB. {advice}")]


def _compiled() -> list[Finding]:
    folder = os.environ.get("NUMBA_CACHE_DIR")
    cache = Path(folder) if folder else Path(__file__).parent / "__pycache__"
    if any(cache.rglob("callback*.nbi")):
        return [Finding(GOOD, "compiled callback", f"ready in {cache}")]
    home = cache if cache.is_dir() else cache.parent
    if os.access(home, os.W_OK):
        return [Finding(WARN, "compiled callback", "is made at the first start, which takes some seconds longer.")]
    text = (
        f"can't be kept in {home}; another cache in the home folder is tried. Set NUMBA_CACHE_DIR to a writable folder."
    )
    return [Finding(WARN, "compiled callback", text)]


def _processor() -> list[Finding]:
    from rtiass.live.realtime import governor

    setting = governor()
    cores = f"{os.cpu_count()} cores"
    if setting in (None, "performance", "schedutil"):
        return [Finding(GOOD, "processor", cores if setting is None else f"{cores}, governor {setting}")]
    advice = "For short latencies: 'cpupower frequency-set -g performance'."
    return [Finding(WARN, "processor", f"{cores}, governor {setting}. {advice}")]
