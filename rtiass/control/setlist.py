"""A set list at work: the next song, its file, its scene and its vocal level at one press."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from rtiass.control.control import Change, Control
from rtiass.control.errands import Later, at_once
from rtiass.control.journal import RESTORE
from rtiass.control.notices import Notices
from rtiass.control.scenes import SceneBook
from rtiass.control.songcheck import check_song
from rtiass.control.songfile import SetListError, Song, read_songs, write_songs
from rtiass.errors import UserError

SOURCE = "song"
VOCALS = ("/bus/karaoke/stem/vocals/gain", "/stem/vocals/gain")
"""Where a song's vocal level goes: the first of these that there is."""


class SongFileError(SetListError):
    """A song whose file can't be played; everything is as it was."""


class SetList:
    """Songs in their order. ``/song/index``, ``/song/next`` and ``/song/previous`` lead through them.

    What plays goes on until another song has begun: a file that is missing costs a sentence and no silence. Next and
    previous leave it out. After the end of a file the next song begins, unless ``/song/wait`` or the song says no.

    Everything may be called from any thread.

    Attributes:
        path: Its file.
        songs: The songs.
        trouble: What went wrong last where nobody could be told, as a sentence.
    """

    def __init__(
        self, path: Path, control: Control, book: SceneBook | None = None, play: Callable[[Song], None] | None = None,
        *, notices: Notices | None = None, later: Later = at_once,
    ) -> None:  # fmt: skip
        """Read the file; nothing is set yet.

        Args:
            path: File of the set list.
            control: The control state.
            book: Where the songs' scenes are.
            play: Begins a song's file, or raises ``UserError`` if it can't be played; it is not to wait for the sound.
            notices: Where the user is told what went wrong.
            later: Does what takes a disk's time: a surface that calls a song is not to wait.

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
        self._notices = notices or Notices(control)
        self._later = later
        self._lock = threading.RLock()
        self._begun = 0
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
    def names(self) -> tuple[str, ...]:
        """What the songs are called, in their order."""
        return tuple(song.name for song in self.songs)

    @property
    def vocals_path(self) -> str:
        """Path of the vocal level; empty if the model has no vocals."""
        return next((path for path in VOCALS if path in self._control), "")

    def problems(self) -> list[str]:
        """A sentence for every song whose file can't be played or whose scene is not there."""
        faults = []
        for number, song in enumerate(self.songs, 1):
            try:
                check_song(song)
            except UserError as error:
                faults.append(f"Song {number}: {error}")
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
            SongFileError: Its file can't be played; the song before goes on.
            UserError: Its scene is not there; the file and the vocal level are as they are to be nevertheless.
        """
        index = min(max(index, 0), len(self.songs) - 1)
        self._begin_file(index)
        song = self.songs[index]
        self._take(index)
        if int(float(self._control.get("/song/index"))) != index:
            self._control.set("/song/index", index, SOURCE)
        extra = {self.vocals_path: song.vocals} if song.vocals is not None and self.vocals_path else {}
        try:
            if song.scene and self._book is not None:
                self._book.recall(song.scene, song.seconds, extra)
                return
        except UserError:
            self._control.set_many(extra, SOURCE)
            raise
        self._control.set_many(extra, SOURCE)

    def next(self) -> None:
        """The song after this one whose file can be played; at the end nothing happens.

        Raises:
            SongFileError: None of those that are left can be played.
            UserError: As ``go``, or a sentence about those that were left out; the song has begun.
        """
        self._search(range(self._index + 1, len(self.songs)))

    def previous(self) -> None:
        """The song before this one whose file can be played; at the beginning nothing happens.

        Raises:
            UserError: As ``next``.
        """
        self._search(range(self._index - 1, -1, -1))

    def begin(self) -> None:
        """The first song whose file can be played.

        Raises:
            UserError: As ``next``.
        """
        self._search(range(len(self.songs)))

    def resume(self) -> None:
        """Begin the present song's file, or the nearest after it that can be played; scene and faders stay.

        Raises:
            UserError: As ``next``.
        """
        try:
            self._begin_file(self._index)
        except SongFileError:
            self._search([*range(self._index, len(self.songs)), *range(self._index)])
        else:
            self._take(self._index)

    def over(self) -> None:
        """The present song's file has come to its end: the next begins, or waits to be called."""
        begun = self._begun
        self._later(lambda: self._go_on(begun))

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

    def _begin_file(self, index: int) -> None:
        song = self.songs[index]
        if self._play is None or song.file is None:
            return
        try:
            self._play(song)
        except UserError as error:
            raise SongFileError(f"Song {index + 1}, '{song.name}', can't be played. {error}") from error
        self._begun += 1

    def _take(self, index: int) -> None:
        with self._lock:
            self._index = index
        if "/song/title" in self._control:
            self._control.publish("/song/title", self.songs[index].name)

    def _search(self, indices: Iterable[int]) -> None:
        """Begin the first song of several that can be played."""
        left_out: list[str] = []
        for index in indices:
            try:
                self.go(index)
            except SongFileError as fault:
                left_out.append(str(fault))
                continue
            except UserError as error:
                raise SetListError(" ".join([*left_out, str(error)])) from error
            if left_out:
                raise SetListError(" ".join([*left_out, f"'{self.song.name}' plays in its place."]))
            return
        if left_out:
            raise SongFileError(" ".join(left_out))

    def _go_on(self, begun: int) -> None:
        # Another song was called since: its own end is still to come.
        if begun != self._begun:
            return
        name = self.song.name
        if self._index + 1 >= len(self.songs):
            self._notices.say(f"'{name}' is over. It was the last song; call another one, or end the show.")
        elif self.song.wait or self._control.get("/song/wait"):
            following = self.songs[self._index + 1].name
            self._notices.say(f"'{name}' is over. The next song, '{following}', waits until it is called.")
        else:
            self._do(self.next)

    def _do(self, step: Callable[[], None]) -> None:
        """Take a step that a surface asked for: what goes wrong is told on all of them."""
        try:
            step()
        except UserError as error:
            self.trouble = str(error)
            if isinstance(error, SongFileError) and int(float(self._control.get("/song/index"))) != self._index:
                # What is shown is what plays, not what was called in vain.
                self._control.set("/song/index", self._index, SOURCE)
        else:
            self.trouble = ""
        self._notices.trouble("songs", self.trouble)

    def _hear(self, change: Change) -> None:
        if change.source == SOURCE:
            return
        if change.path == "/song/next":
            self._later(lambda: self._do(self.next))
        elif change.path == "/song/previous":
            self._later(lambda: self._do(self.previous))
        elif change.path == "/song/index":
            index = int(float(change.value))
            if change.source == RESTORE:
                self._take(min(index, len(self.songs) - 1))
            else:
                self._later(lambda: self._do(lambda: self.go(index)))
