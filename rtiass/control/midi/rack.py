"""All controllers of a host: one map, several, or every ready map whose controller is plugged in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from rtiass.control.control import Control
from rtiass.control.midi.library import wanted_maps
from rtiass.control.midi.ports import MidiSystem, RtMidiSystem
from rtiass.control.midi.surface import LOOK_EVERY, MidiSurface
from rtiass.errors import UserError


class MidiRack:
    """The controllers.

    Attributes:
        surfaces: One for each map.
        idle: What has nothing to do here, as sentences.
    """

    def __init__(
        self,
        control: Control,
        maps: Sequence[str] = ("auto",),
        system: MidiSystem | None = None,
        *,
        look_every: float = LOOK_EVERY,
    ) -> None:
        """Read the maps; ``start`` sets them to work.

        Args:
            control: What is moved.
            maps: Files, names of ready maps, or ``auto``.
            system: Ports; this machine's own if None.
            look_every: Seconds between two looks at the ports.

        Raises:
            UserError: A map is missing or wrong, or there is no MIDI here.
        """
        found = {mapping.file: mapping for name in maps for mapping in wanted_maps(name)}
        self._own = system is None
        self._system: MidiSystem = RtMidiSystem() if system is None else system
        try:
            self.surfaces = [
                MidiSurface(control, mapping, self._system, look_every=look_every) for mapping in found.values()
            ]
        except Exception:
            if self._own:
                self._system.close()
            raise
        self.idle = tuple(text for surface in self.surfaces for text in surface.binding.idle)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Look for the controllers from now on; returns at once."""
        for surface in self.surfaces:
            surface.start()

    def stop(self) -> None:
        """Let go of all of them."""
        for surface in self.surfaces:
            surface.stop()
        if self._own:
            self._system.close()

    @property
    def status(self) -> str:
        """The controllers that are there, as a phrase; what one map alone waits for is told too."""
        there = [surface.status for surface in self.surfaces if surface.input or surface.output]
        if there or len(self.surfaces) > 1:
            return "; ".join(there) or "no known controller is there"
        return "; ".join(surface.status for surface in self.surfaces)


def open_rack(control: Control, maps: Sequence[str], system: MidiSystem | None = None) -> tuple[MidiRack | None, str]:
    """Controllers for a show, at work: where there is no MIDI, it goes on without.

    Args:
        control: What is moved.
        maps: Files, names of ready maps, or ``auto``; none: no controllers.
        system: Ports; this machine's own if None.

    Returns:
        The controllers, or None; and why there are none, as a sentence.

    Raises:
        UserError: A map is missing or wrong.
    """
    if not maps:
        return None, ""
    for name in maps:
        wanted_maps(name)
    if system is None:
        try:
            system = RtMidiSystem()
        except UserError as error:
            return None, f"Playing without controllers. {error}"
    rack = MidiRack(control, maps, system)
    rack._own = True
    rack.start()
    return rack, ""
