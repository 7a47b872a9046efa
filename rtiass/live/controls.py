"""Between the control state and the child: settings go one way, meters come the other."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence

import numpy as np

from rtiass.control.control import Control
from rtiass.control.parameter import MAX_TEXT
from rtiass.control.taper import OFF_DB, TOP_DB, decibels
from rtiass.control.vocabulary import vocabulary
from rtiass.errors import UserError
from rtiass.gatemodes import GATE_MODES
from rtiass.live.faders import gain_matrix
from rtiass.live.options import LiveOptions, bus_gains
from rtiass.live.state import SharedState
from rtiass.policy import POLICIES
from rtiass.stft import ALL_MODES, MODES


def make_control(options: LiveOptions, stems: Sequence[str], buses: Sequence[str]) -> Control:
    """The control state of a host, set to what its options say.

    Args:
        options: Mode, policy, stem faders, and the level of the vocals on buses named ``karaoke``.
        stems: The model's stems.
        buses: Names of the outputs.

    Raises:
        UserError: There is no such stem or output, or a level is over the top of the faders.
    """
    for bus in buses:
        bus_gains(bus, stems)  # raises what the user is to read
    # One that is not for every model can only be chosen at the start.
    modes = tuple(dict.fromkeys((*MODES, options.mode)))
    control = Control(vocabulary(stems, buses, options.song is not None or options.songs, modes))
    values: dict[str, object] = {"/mode": options.mode, "/policy": options.policy}
    for stem, gain in options.faders.items():
        if stem not in stems:
            raise UserError(f"There is no stem '{stem}'. Stems: {', '.join(stems)}.")
        values[f"/stem/{stem}/gain"] = _fader_level(stem, gain)
    if "karaoke" in buses and "vocals" in stems:
        values["/bus/karaoke/stem/vocals/gain"] = _fader_level("vocals", options.vocals)
    control.set_many(values, "start")
    return control


def _fader_level(stem: str, gain: float) -> float:
    level = decibels(gain)
    if not level <= TOP_DB + 1e-6:
        raise UserError(f"A live fader goes up to +{TOP_DB:g} dB; that of '{stem}' was to start at {level:.1f} dB.")
    return level


class ControlWriter:
    """Writes the control state into the shared memory, one revision after the other."""

    def __init__(
        self, control: Control, state: SharedState, stems: Sequence[str], buses: Sequence[str],
        further: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:  # fmt: skip
        """Make a writer.

        Args:
            control: What is written.
            state: Where to.
            stems: The model's stems.
            buses: Names of the outputs.
            further: Buses behind them that follow the stem faders alone, with their linear gains by stem.
        """
        self._control, self._state = control, state
        self._stems, self._buses, self._further = tuple(stems), tuple(buses), further or {}
        self._written = -1
        self._lock = threading.Lock()

    def write(self) -> None:
        """Write the state as it is now, unless it is written already; any thread may call this."""
        with self._lock:
            if self._written == self._control.revision:
                return
            values, revision = self._control.values()
            gates = [GATE_MODES.index(str(values[f"/gate/{stem}/mode"])) for stem in self._stems[:-1]]
            self._state.write_controls(
                revision, gain_matrix(values, self._stems, self._buses, self._further), np.array([*gates, 0], np.int32),
                mode=list(ALL_MODES).index(str(values["/mode"])), policy=POLICIES.index(str(values["/policy"])),
                bypass=int(bool(values["/bypass"])), paused=int(bool(values["/pause"])),
            )  # fmt: skip
            self._written = revision


def publish_meters(control: Control, state: SharedState, stems: Sequence[str], latency_ms: float, status: str) -> None:
    """Show the child's meters and counters in the control state.

    Args:
        control: Takes them.
        state: The shared memory.
        stems: The model's stems.
        latency_ms: The host's latency.
        status: Phase of the host, or a sentence.
    """
    fields = state.fields
    for index, stem in enumerate(stems):
        power = float(fields["levels"][0, index])
        # Steps that nobody sees would only keep every surface busy.
        control.publish(f"/stem/{stem}/level", round(_finite(10.0 * math.log10(max(power, 1e-9)), OFF_DB), 1))
        control.publish(f"/stem/{stem}/activity", round(_finite(float(fields["activity"][0, index])), 3))
        control.publish(f"/stem/{stem}/gate", round(_finite(float(fields["gates"][0, index])), 3))
    control.publish("/latency/host", _finite(latency_ms))
    control.publish("/latency/samples", _finite(float(state.get("host_latency"))))
    control.publish("/late_masks", state.get("late_masks"))
    control.publish("/xruns", state.get("input_xruns") + state.get("output_xruns"))
    control.publish("/status", "".join(c for c in status if c.isprintable())[:MAX_TEXT])


def _finite(value: float, otherwise: float = 0.0) -> float:
    return value if math.isfinite(value) else otherwise
