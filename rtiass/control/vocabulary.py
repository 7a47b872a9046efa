"""The vocabulary: every parameter that there is. Keys, MIDI, OSC, web and scenes all speak it and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtiass.control.parameter import Parameter, Value, level
from rtiass.control.taper import OFF_DB, TOP_DB
from rtiass.gatemodes import GATE_MODES
from rtiass.policy import POLICIES
from rtiass.stft import DEFAULT_MODE, MODES

MAX_SONGS = 999
MORPH_SECONDS = 60.0

_MANY = 1e15
"""Upper end of counters: whole numbers up to here are exact."""


def _switch(path: str, about: str, *, scene: bool = True) -> Parameter:
    return Parameter(path, "switch", False, about=about, scene=scene)


def _choice(path: str, choices: Iterable[str], default: str, about: str, *, scene: bool = True) -> Parameter:
    return Parameter(path, "choice", default, choices=tuple(choices), about=about, scene=scene)


def _meter(
    path: str, kind: str, default: Value, maximum: float, unit: str, about: str, *, whole: bool = False
) -> Parameter:
    low = OFF_DB if kind == "level" else 0.0
    return Parameter(path, kind, default, low, maximum, writable=False, unit=unit, about=about, whole=whole)


def carries(bus: str, stem: str, stems: Sequence[str]) -> bool:
    """Whether a bus of this name has a stem on it from the start.

    A bus named after a stem has that stem alone, ``karaoke`` and ``instrumental`` all but the vocals, others have all.
    """
    if bus in stems:
        return stem == bus
    return not (bus in ("karaoke", "instrumental") and stem == "vocals")


def vocabulary(
    stems: Sequence[str], buses: Sequence[str], song: bool = False, modes: tuple[str, ...] = tuple(MODES)
) -> dict[str, Parameter]:
    """All parameters of a host by path, in the order in which they are shown.

    Args:
        stems: The model's stems.
        buses: Names of the outputs.
        song: There are songs: a file is played, or there is a set list; so there are ``/song/...``.
        modes: Latency modes to choose from.
    """
    found: list[Parameter] = []
    for stem in stems:
        at = f"/stem/{stem}"
        found += [
            level(f"{at}/gain", "fader of the stem on all buses"),
            _switch(f"{at}/mute", "silences the stem; its fader stays where it is"),
            _switch(f"{at}/solo", "while any stem is soloed, all others are silent; faders and mutes are kept"),
            _meter(f"{at}/level", "level", OFF_DB, TOP_DB, "dB", "level of the stem before its fader"),
            _meter(f"{at}/activity", "number", 0.0, 1.0, "", "probability that the instrument plays"),
            _meter(f"{at}/gate", "number", 0.0, 1.0, "", "how far the stem's gate is open"),
        ]
    # The last stem is what the others leave: it has no gate.
    for stem in stems[:-1]:
        about = "the gate follows the activity, or stays open or closed"
        found.append(_choice(f"/gate/{stem}/mode", GATE_MODES, "auto", about))
    for bus in buses:
        found.append(level(f"/bus/{bus}/gain", "master fader of the bus"))
        found.append(_switch(f"/bus/{bus}/mute", "silences the bus; its fader stays where it is"))
        for stem in stems:
            default = 0.0 if carries(bus, stem, stems) else OFF_DB
            about = "offset of the stem on this bus, beside its fader"
            found.append(level(f"/bus/{bus}/stem/{stem}/gain", about, default))
    found += [
        _switch("/bypass", "the input instead of the stems, cross-faded, at the same latency"),
        _choice("/policy", POLICIES, "mix", "what is heard while the network is late for long"),
        # A mode has its own latency, and that is not to change in the middle of a song because a scene does.
        _choice("/mode", modes, DEFAULT_MODE, "latency mode", scene=False),
        _switch("/pause", "stops the song", scene=False),
        _switch("/record", "writes the stems to files", scene=False),
        Parameter("/scene", "text", "", about="name of the last scene recalled; writing a name recalls it"),
        Parameter(
            "/scene/save", "text", "", about="writing a name, or a scene's number, saves the present state there"
        ),
        Parameter("/scene/update", "trigger", False, about="saves the present state over the scene recalled last"),
        Parameter("/scene/seconds", "number", 0.0, 0.0, MORPH_SECONDS, unit="s", about="time of a scene's morph"),
    ]
    if song:
        found += [
            Parameter(
                "/song/index",
                "number",
                0.0,
                0.0,
                MAX_SONGS,
                about="number of the song in the set list, from 0",
                whole=True,
            ),
            Parameter("/song/title", "text", "", writable=False, about="what the present song is called"),
            Parameter("/song/next", "trigger", False, about="next song of the set list"),
            Parameter("/song/previous", "trigger", False, about="previous song of the set list"),
            _switch("/song/wait", "at the end of a song its file waits for /song/next", scene=False),
        ]
    found += [
        _meter("/latency/host", "number", 0.0, _MANY, "ms", "the host's latency"),
        _meter("/latency/samples", "number", 0.0, _MANY, "samples", "the host's latency, exact, at the device's rate"),
        _meter("/late_masks", "number", 0.0, _MANY, "", "masks that came too late so far", whole=True),
        _meter("/xruns", "number", 0.0, _MANY, "", "blocks that the device lost so far", whole=True),
        Parameter("/status", "text", "starting", writable=False, about="phase of the host, or what is wrong"),
        Parameter("/trouble", "text", "", writable=False, about="what is wrong with scenes, songs or their files"),
        Parameter("/message", "text", "", writable=False, about="what was done last, such as a scene that was saved"),
    ]
    return {parameter.path: parameter for parameter in found}
