"""Which class of recordings a General MIDI program or an instrument's track belongs to."""

from __future__ import annotations

from functools import lru_cache

from offline_train.datasets.classmap import ClassMap, load

PIANOS = range(0, 6)
"""Grand, bright, electric grand and honky-tonk pianos and two electric pianos; not harpsichord and clavinet."""
ELECTRIC_GUITARS = range(26, 32)
BASSES = range(32, 40)
# Contrabass, tuba and the synthesiser lead that is a bass: they play a bass line and nothing else in a groove.
BASS_LINES = (*BASSES, 43, 58, 87)
FINGERED_BASS = 33


def class_of_program(program: int) -> str:
    """Class of the sound of a General MIDI program, 0 to 127."""
    return _mapping().of_program(program) or "other"


@lru_cache(maxsize=1)
def _mapping() -> ClassMap:
    return load("general_midi")


def class_of_track(name: str, program: int, percussion: bool) -> tuple[str, int]:
    """Class of an arranged track, and the program that it is to be played with.

    A bass line may carry a guitar's program and a riff a bass's: the track's name tells what the part is, and
    a bass line with a program that is no bass gets one, so that class and sound agree. Anything else is what it
    sounds like.

    Args:
        name: Track name as the arranger writes it, such as `Bass-Lower`, `Walk` or `Chord-Guitar`.
        program: General MIDI program, 0 to 127.
        percussion: The track plays on the percussion channel.
    """
    if percussion:
        return "drums", program
    if name.lower().split("-")[0] in ("bass", "walk"):
        return "bass", program if program in BASS_LINES else FINGERED_BASS
    return class_of_program(program), program
