"""Estimates that another system has written: a folder for each song, in it a sound file for each stem."""

from __future__ import annotations

from pathlib import Path

from offline_train.datasets import base
from offline_train.datasets.classmap import load, words
from offline_train.datasets.folder import songs_in
from offline_train.evaluation.material import Listed, grouped, items_of, told_apart
from offline_train.evaluation.truth import Samples, Truth, places
from offline_train.lineup import Lineup
from rtiass.errors import UserError

REMAINDERS = ("accompaniment", "instrumental", "no vocals")
"""Names of what is left when vocals are taken out; of use only where nothing finer is there."""

GUITARS = ("guitar", "guitars")
"""Names of estimates that hold both guitars."""

SLACK = 0.1
"""Seconds by which an estimate may end before its song."""


class Peer:
    """Another system's estimates.

    Files are named by instrument, as in a folder of stems; what a model's last stem takes is the sum of theirs.

    Args:
        name: Of the system.
        folder: ``SONG/STEM.wav`` for each song, at any depth; the song's folder has the name of its mixture's file.

    Raises:
        UserError: There is no folder, or no estimate in it.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        if not folder.is_dir():
            raise UserError(f"There is no folder {folder} of the estimates of {name}.")
        names = load("track_names")
        for text in REMAINDERS:
            names.names[tuple(text.split())] = "other"
        self._songs = {song.key: song for song in songs_in(folder, names, lambda parts: "test")}
        if not self._songs:
            raise UserError(f"{folder} holds no estimates of {name}. They must lie in it as SONG/vocals.wav and so on.")
        for song in self._songs.values():
            finer = [track for track in song.tracks if _name(track) not in REMAINDERS]
            if len({track.class_name for track in finer}) > 1:
                song.tracks = finer
            for track in song.tracks:
                if _name(track) in GUITARS:
                    track.holds = ("acoustic_guitar", "electric_guitar")
        self._told = told_apart([*self._songs.values()])
        self._files = sorted({_name(track) for song in self._songs.values() for track in song.tracks})

    def check(self, song: Listed) -> None:
        """Make sure that all of a song is there.

        Raises:
            UserError: The song or a stem that other songs have is missing.
        """
        found = self._find(song.name)
        there = {_name(track) for track in found.tracks}
        missing = [name for name in self._files if name not in there]
        if missing:
            raise UserError(
                f"{found.tracks[0].files[0].parent} has no {missing[0].replace(' ', '_')}.wav, which other songs of "
                f"{self.name} have. Separate this song again, or leave out --estimates {self.name}=..."
            )

    def estimates(self, truth: Truth, stems: tuple[str, ...]) -> dict[str, Samples]:
        """Estimates of an excerpt, of those stems that the system tells apart.

        Args:
            truth: The excerpt.
            stems: Of the model beside which it stands.

        Returns:
            By stem shape (2, samples); empty if it tells none of them.

        Raises:
            UserError: An estimate is missing, cannot be read, or ends too early.
        """
        song = self._find(truth.name)
        song.known = self._told
        found, known = places(grouped(song, items_of(song)), Lineup.declaring(stems))
        out: dict[str, Samples] = {}
        for item, stem in found:
            if stem in known:
                if truth.start + truth.samples - item.samples > SLACK * base.RATE:
                    raise UserError(
                        f"{item.id} of {truth.name} by {self.name} lasts {item.samples / base.RATE:.1f} s and ends "
                        f"before the excerpt does. Let {self.name} separate the whole song."
                    )
                sound = item.read(truth.start, truth.samples)
                out[stem] = out[stem] + sound if stem in out else sound
        return out

    def _find(self, name: str) -> base.Song:
        wanted = (name, file_name(name), name.rsplit("/", 1)[-1])
        found = [song for key, song in self._songs.items() if any(f"/{key}".endswith(f"/{w}") for w in wanted)]
        if not found:
            raise UserError(
                f"{self.folder} has no folder {file_name(name)}: {self.name} has no estimate of that song. Write the "
                "mixtures with --mixtures FOLDER and separate all of them."
            )
        if len(found) > 1:
            raise UserError(
                f"{self.folder} has {len(found)} folders of {name}: {', '.join(song.key for song in found)}. Name one "
                f"system's folder: --estimates {self.name}=FOLDER"
            )
        return found[0]


def peer_in(text: str) -> Peer:
    """A peer from ``NAME=FOLDER``.

    Raises:
        UserError: The text is something else, or the folder holds no estimates.
    """
    name, equals, folder = text.partition("=")
    if not (name and equals and folder):
        raise UserError(f"Write --estimates NAME=FOLDER, for example htdemucs=peers/htdemucs; not '{text}'.")
    return Peer(name, Path(folder).expanduser())


def file_name(song: str) -> str:
    """Name of a song's file, without its ending."""
    return song.replace("/", "_")


def _name(track: base.Track) -> str:
    return " ".join(words(track.files[0].stem))
