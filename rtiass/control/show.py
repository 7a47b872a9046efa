"""A show at work: first settings, scenes and set list over one control state, opened and closed together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rtiass.control.control import Change, Control
from rtiass.control.errands import Errands
from rtiass.control.journal import RESTORE
from rtiass.control.notices import Notices
from rtiass.control.parameter import Value
from rtiass.control.scenes import SceneBook
from rtiass.control.setlist import SetList
from rtiass.control.songcheck import check_song
from rtiass.control.songfile import Song
from rtiass.errors import UserError

SOURCE = "rig"


class Show:
    """Scenes and set list of a control state; everything else of a rig is the host's and the surfaces'.

    Attributes:
        book: The scenes, or None.
        songs: The set list, or None.
        notes: Sentences that the user is to read.
        notices: What is told while playing.
    """

    def __init__(
        self, control: Control, *, scenes: Path | None = None, setlist: Path | None = None, recall: str = "",
        seconds: float | None = None, start: Mapping[str, Value] | None = None,
        play: Callable[[Song], None] | None = None,
    ) -> None:  # fmt: skip
        """Set what is to be set first, then what a crash has left.

        Args:
            control: The control state.
            scenes: File of scenes.
            setlist: File of the set list.
            recall: Scene to begin with.
            seconds: Time of morphs.
            start: Parameters to begin with.
            play: Begins a song's file, or raises ``UserError`` if it can't be played; None where no file can be.

        Raises:
            UserError: Something is not there or not understood; nothing is left running.
        """
        self.notes: list[str] = []
        self.book: SceneBook | None = None
        self.songs: SetList | None = None
        self.notices = Notices(control)
        self._errands = Errands(lambda text: self.notices.trouble("show", text))
        self._unsubscribe = control.subscribe(self._hear)
        try:
            control.set_many(start or {}, SOURCE)
            if seconds is not None:
                control.set("/scene/seconds", seconds, SOURCE)
            if scenes is not None:
                self.book = SceneBook(scenes, control, notices=self.notices, later=self._errands)
                if recall:
                    self.book.recall(recall, 0.0)
            if setlist is not None:
                if "/song/index" not in control:
                    raise UserError(f"{setlist} can't be used: there are no songs here. Play from a file.")
                self.songs = SetList(setlist, control, self.book, play, notices=self.notices, later=self._errands)
                fault = files_fault(self.songs.songs) if play is not None else ""
                if play is None and any(song.file is not None for song in self.songs.songs):
                    fault = "It names files of songs, and files can't be played here. Leave 'file' out."
                if fault:
                    raise UserError(f"{setlist}: {fault}")
                # Before what a crash has left is taken: a show that can't begin leaves it there.
                require_one(setlist, self.songs.songs)
            restored = self.book.start() if self.book is not None else ""
            if restored:
                self.notes.append(restored)
            if self.songs is not None:
                self._begin(self.songs, bool(restored))
        except BaseException:
            self.close()
            raise
        if self.notes:
            self.notices.say(" ".join(self.notes))

    def _begin(self, songs: SetList, restored: bool) -> None:
        try:
            if restored:
                songs.resume()
            else:
                songs.begin()
        except UserError as error:
            self.notes.append(str(error))
            self.notices.trouble("songs", str(error))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def scene_names(self) -> tuple[str, ...] | None:
        """Names of the scenes in their order; None without a file of scenes."""
        return self.book.names if self.book is not None else None

    def song_names(self) -> tuple[str, ...]:
        """What the songs of the set list are called, in their order; none without one."""
        return self.songs.names if self.songs is not None else ()

    def close(self) -> None:
        """Do what was asked for so far, then end well; once more does nothing."""
        self._unsubscribe()
        self._errands.close()
        if self.songs is not None:
            self.songs.close()
        if self.book is not None:
            self.book.close()

    def _hear(self, change: Change) -> None:
        """Say what can't be done because its file was not given."""
        if change.source in (SOURCE, RESTORE, "host") or not change.value:
            return
        if self.book is None and change.path in ("/scene", "/scene/save", "/scene/update"):
            self.notices.say("There is no file of scenes here. Start with --scenes FILE to have them.")
        elif self.songs is None and change.path in ("/song/next", "/song/previous"):
            self.notices.say("There is no set list here. Start with --setlist FILE to have one.")


def require_one(setlist: Path, songs: Sequence[Song]) -> None:
    """Look for a song that can be played.

    Raises:
        UserError: There is none.
    """
    faults = []
    for song in songs:
        try:
            check_song(song)
        except UserError as error:
            faults.append(str(error))
        else:
            return
    raise UserError(f"No song of {setlist} can be played. {faults[0]} See 'rtiass rig check' for the others.")


def files_fault(songs: Sequence[Song]) -> str:
    """A sentence if some songs have files and others have none; empty if they go together."""
    without = [str(number) for number, song in enumerate(songs, 1) if song.file is None]
    if not without or len(without) == len(songs):
        return ""
    which = "song " if len(without) == 1 else "songs "
    return (
        f"{which}{', '.join(without)} of it {'has' if len(without) == 1 else 'have'} no file, the others have one. "
        "A show either plays files or takes what comes in live: make two set lists."
    )
