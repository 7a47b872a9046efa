"""A show at work: first settings, scenes and set list over one control state, opened and closed together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from rtiass.control.control import Control
from rtiass.control.parameter import Value
from rtiass.control.scenes import SceneBook
from rtiass.control.setlist import SetList
from rtiass.control.songfile import Song
from rtiass.errors import UserError

SOURCE = "rig"


class Show:
    """Scenes and set list of a control state; everything else of a rig is the host's and the surfaces'.

    Attributes:
        book: The scenes, or None.
        songs: The set list, or None.
        notes: Sentences that the user is to read.
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
            play: Begins a song's file.

        Raises:
            UserError: Something is not there or not understood; nothing is left running.
        """
        self.notes: list[str] = []
        self.book: SceneBook | None = None
        self.songs: SetList | None = None
        control.set_many(start or {}, SOURCE)
        if seconds is not None:
            control.set("/scene/seconds", seconds, SOURCE)
        try:
            if scenes is not None:
                self.book = SceneBook(scenes, control)
                if recall:
                    self.book.recall(recall, 0.0)
            if setlist is not None:
                if "/song/index" not in control:
                    raise UserError(f"{setlist} can't be used: there are no songs here. Play from a file.")
                self.songs = SetList(setlist, control, self.book, play)
                if play is None and any(song.file is not None for song in self.songs.songs):
                    raise UserError(
                        f"{setlist} names files of songs, which can't be changed while playing. Play each with its own "
                        "'rtiass live SONG', or leave 'file' out for songs that come in live."
                    )
            restored = self.book.start() if self.book is not None else ""
        except BaseException:
            self.close()
            raise
        if restored:
            self.notes.append(restored)
        elif self.songs is not None:
            try:
                self.songs.go(0)
            except UserError as error:
                self.notes.append(str(error))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def scene_names(self) -> tuple[str, ...]:
        """Names of the scenes in their order; none without a file of scenes."""
        return self.book.names if self.book is not None else ()

    def close(self) -> None:
        """End well; once more does nothing."""
        if self.songs is not None:
            self.songs.close()
        if self.book is not None:
            self.book.close()
