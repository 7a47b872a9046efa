"""A set list at work: the next song, its scene and its vocal level at one press."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rtiass.control.control import Change, Control
from rtiass.control.journal import RESTORE
from rtiass.control.scenes import SceneBook
from rtiass.control.songfile import SetListError, Song, read_songs, write_songs
from rtiass.errors import UserError

SOURCE = "song"
VOCALS = ("/bus/karaoke/stem/vocals/gain", "/stem/vocals/gain")
"""Where a song's vocal level goes: the first of these that there is."""


class SetList:
    """Songs in their order. ``/song/index``, ``/song/next`` and ``/song/previous`` lead through them.

    Everything may be called from any thread.

    Attributes:
        path: Its file.
        songs: The songs.
        trouble: What went wrong last where nobody could be told, as a sentence.
    """

    def __init__(
        self, path: Path, control: Control, book: SceneBook | None = None, play: Callable[[Song], None] | None = None
    ) -> None:
        """Read the file; nothing is set yet.

        Args:
            path: File of the set list.
            control: The control state.
            book: Where the songs' scenes are.
            play: Begins a song's file; called in the thread that chose the song, so it has to be quick.

        Raises:
            SetListError: The file is not understood, or has no songs.
        """
        self.path = Path(path)
        self.songs = read_songs(self.path)
        if not self.songs:
            raise SetListError(f"There are no songs in {self.path}. Write one as [[songs]] with a file or a title.")
        self.trouble = ""
        self._control = control
        self._book = book
        self._play = play
        self._lock = threading.RLock()
        self._index = min(int(float(control.get("/song/index"))), len(self.songs) - 1)
        self._unsubscribe = control.subscribe(self._hear)

    @property
    def index(self) -> int:
        """Number of the present song, from 0."""
        return self._index

    @property
    def song(self) -> Song:
        """The present song."""
        return self.songs[self._index]

    @property
    def vocals_path(self) -> str:
        """Path of the vocal level; empty if the model has no vocals."""
        return next((path for path in VOCALS if path in self._control), "")

    def problems(self) -> list[str]:
        """A sentence for every song whose file or scene is not there."""
        faults = []
        for number, song in enumerate(self.songs, 1):
            if song.file is not None and not song.file.is_file():
                faults.append(f"Song {number}: there is no file '{song.file}'.")
            if song.scene and self._book is None:
                faults.append(f"Song {number} has a scene, but no file of scenes is given.")
            elif song.scene and self._book is not None:
                try:
                    self._book.name(song.scene)
                except UserError as error:
                    faults.append(f"Song {number}: {error}")
        return faults

    def go(self, index: int) -> None:
        """Begin a song: its file, its scene, its vocal level; numbers beyond the ends count as the ends.

        Raises:
            UserError: Its scene is not there; the file and the vocal level are as they are to be nevertheless.
        """
        with self._lock:
            self._index = index = min(max(index, 0), len(self.songs) - 1)
            song = self.songs[index]
        if int(float(self._control.get("/song/index"))) != index:
            self._control.set("/song/index", index, SOURCE)
        extra = {self.vocals_path: song.vocals} if song.vocals is not None and self.vocals_path else {}
        if self._play is not None and song.file is not None:
            self._play(song)
        try:
            if song.scene and self._book is not None:
                self._book.recall(song.scene, song.seconds, extra)
                return
        except UserError:
            self._control.set_many(extra, SOURCE)
            raise
        self._control.set_many(extra, SOURCE)

    def next(self) -> None:
        """The song after this one; at the end nothing happens."""
        if self._index + 1 < len(self.songs):
            self.go(self._index + 1)

    def previous(self) -> None:
        """The song before this one; at the beginning nothing happens."""
        if self._index > 0:
            self.go(self._index - 1)

    def keep_vocals(self) -> None:
        """Write the present vocal level into the set list, as this song's.

        Raises:
            SetListError: There are no vocals here.
            UserError: The file can't be written; the list is as it was.
        """
        if not self.vocals_path:
            raise SetListError("This model has no vocals, so there is no vocal level to keep.")
        with self._lock:
            level = float(self._control.get(self.vocals_path))
            songs = list(self.songs)
            songs[self._index] = replace(songs[self._index], vocals=level)
            write_songs(self.path, songs)
            self.songs = songs

    def close(self) -> None:
        """Hear nothing any more."""
        self._unsubscribe()

    def _hear(self, change: Change) -> None:
        if not change.path.startswith("/song/") or change.source == SOURCE:
            return
        try:
            if change.path == "/song/next":
                self.next()
            elif change.path == "/song/previous":
                self.previous()
            elif change.path == "/song/index" and change.source == RESTORE:
                self._index = min(int(float(change.value)), len(self.songs) - 1)
            elif change.path == "/song/index":
                self.go(int(float(change.value)))
        except UserError as error:
            self.trouble = str(error)
