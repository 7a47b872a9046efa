"""What is told of a recording: what it costs when playing begins, and how it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtiass.live.recordring import FAULT, RECORDING
from rtiass.live.take import seconds
from rtiass.stft import ALL_MODES, RATE

if TYPE_CHECKING:
    from rtiass.live.host import LiveHost


def cost(host: LiveHost) -> str:
    """A sentence on what is recorded and what that costs; empty where nothing can be recorded."""
    about = host.status.about
    if host.options.record is None or not about.get("recorded"):
        return ""
    text = f"Recording goes to {host.options.record}: {', '.join(about['recorded'])}."
    count = int(about["record_rendered"])
    if not count:
        return text + " All of it is rendered for the outputs anyway."
    hop = ALL_MODES[host.options.mode].hop / RATE
    each = f"{1000 * about['record_cost']:.2f} ms of each hop's {1000 * hop:.1f} ms"
    return text + f" {count} inverse transform{'s' * (count > 1)} more for it: about {each}."


def progress(host: LiveHost) -> str:
    """How the take goes, as a few words; empty where nothing can be recorded."""
    if host.options.record is None:
        return ""
    get = host.state.get
    phase = get("recording")
    if phase == FAULT:
        return "recording STOPPED by a fault"
    if phase != RECORDING:
        return "recording off"
    text = f"recording {seconds(int(get('recorded_frames')))}"
    if get("record_gaps"):
        text += f", {get('record_gaps')} gaps ({seconds(int(get('record_gap_frames')))} of silence)"
    if get("record_clipped"):
        text += f", {get('record_clipped')} samples clipped"
    return text
