"""Scenes: settings under a name, saved, recalled at once or over time, and kept through crashes."""

from __future__ import annotations

import contextlib
import datetime
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rtiass.control.control import Change, Control
from rtiass.control.errands import Later, at_once
from rtiass.control.journal import RESTORE, Journal
from rtiass.control.morph import SOURCE, Morph
from rtiass.control.notices import Notices
from rtiass.control.parameter import ControlError, Value
from rtiass.control.scenefile import MAX_SCENES, Scene, SceneError, name_fault, read_scenes, write_scenes
from rtiass.errors import UserError
from rtiass.tomlfile import nearest, shown

APART = ("/scene", "/song")
"""Parameters that no scene may set: they recall scenes themselves."""


class SceneBook:
    """All scenes of a file, and the control state that they are taken from and set to.

    Everything may be called from any thread. A name that is written to ``/scene`` is recalled, over ``/scene/seconds``;
    one that is written to ``/scene/save`` is saved, and ``/scene/update`` saves over the scene recalled last.

    Attributes:
        path: The file; it need not exist before the first ``save``.
        trouble: What went wrong last where nobody could be told, as a sentence.
    """

    def __init__(
        self, path: Path, control: Control, clock: Callable[[], float] = time.monotonic, *,
        notices: Notices | None = None, later: Later = at_once,
    ) -> None:  # fmt: skip
        """Read the file; nothing is set yet.

        Args:
            path: File of scenes.
            control: The control state.
            clock: Seconds, for morphs and the journal.
            notices: Where the user is told what was saved and what went wrong.
            later: Does what takes a disk's time: a surface that asks for a scene to be saved is not to wait.

        Raises:
            SceneError: The file is not understood.
        """
        self.path = Path(path)
        self.trouble = ""
        self._notices = notices or Notices(control)
        self._later = later
        self.morph = Morph(control, clock)
        self.journal = Journal(self.path.with_name(f".{self.path.name}.now"), control, clock, self._notices)
        self._control = control
        self._scenes = read_scenes(self.path)
        self._last = ""
        self._lock = threading.RLock()
        self._unsubscribe = control.subscribe(self._hear)

    def start(self) -> str:
        """Restore what a crash has left, then morph and keep by threads; returns a sentence if it was restored."""
        sentence = self.journal.restore()
        self._last = str(self._control.get("/scene")) if "/scene" in self._control else ""
        self.morph.run()
        self.journal.run()
        return sentence

    def close(self) -> None:
        """End well: the next start begins afresh."""
        self._unsubscribe()
        self.morph.close()
        self.journal.close()

    # The book

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of their numbers."""
        return tuple(self._scenes)

    def name(self, text: str) -> str:
        """Name of a scene by its name, by the name in other letter case, or by its number from 1.

        Raises:
            SceneError: There is none; the sentence names the nearest.
        """
        with self._lock:
            names = self.names
        if text in names:
            return text
        for name in names:
            if name.casefold() == text.strip().casefold():
                return name
        if text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= len(names):
            return names[int(text) - 1]
        known = f" Scenes: {', '.join(names[:12])}." if names else " No scene is saved yet."
        raise SceneError(f"There is no scene {shown(text)} in {self.path}.{nearest(text, names)}{known}")

    def scene(self, name: str) -> Scene:
        """A scene by name or number.

        Raises:
            SceneError: There is none.
        """
        with self._lock:
            return self._scenes[self.name(name)]

    def save(self, name: str, seconds: float | None = None, values: Mapping[str, Value] | None = None) -> None:
        """Save the present state under a name, over one that is there; it is on the disk when this returns.

        Args:
            name: Its name; a new one gets the next number.
            seconds: Time of its morph; None keeps what the scene has, or leaves it to ``/scene/seconds``.
            values: Values by path in place of the present ones.

        Raises:
            SceneError: The name doesn't do, or the book is full.
            UserError: The file can't be written; the book is as it was.
        """
        name = name.strip()
        fault = name_fault(name)
        if fault:
            raise SceneError(f"Not saved: {fault}")
        with self._lock:
            if name not in self._scenes and len(self._scenes) >= MAX_SCENES:
                raise SceneError(f"Not saved: at most {MAX_SCENES} scenes fit into a file.")
            old = self._scenes.get(name)
            keep = old.seconds if old is not None and seconds is None else seconds
            self._write(
                {**self._scenes, name: Scene(dict(self._control.snapshot() if values is None else values), keep)}
            )

    def delete(self, name: str) -> None:
        """Delete a scene; the numbers after it move up by one.

        Raises:
            SceneError: There is none.
            UserError: The file can't be written; the book is as it was.
        """
        with self._lock:
            gone = self.name(name)
            self._write({known: scene for known, scene in self._scenes.items() if known != gone})

    def order(self, names: tuple[str, ...]) -> None:
        """Give the scenes new numbers.

        Raises:
            SceneError: These are not the names of all scenes.
            UserError: The file can't be written; the book is as it was.
        """
        with self._lock:
            if sorted(names) != sorted(self._scenes):
                raise SceneError("To order the scenes, name each of them once.")
            self._write({name: self._scenes[name] for name in names})

    def _write(self, scenes: dict[str, Scene]) -> None:
        write_scenes(self.path, scenes)
        self._scenes = scenes

    # Recalling

    def recall(self, name: str, seconds: float | None = None, extra: Mapping[str, Any] | None = None) -> None:
        """Set everything that a scene holds; the rest stays.

        Args:
            name: Name or number of the scene.
            seconds: Time of the way; None: the scene's own, or ``/scene/seconds``.
            extra: Values by path that go along, over those of the scene.

        Raises:
            SceneError: There is no such scene.
            ControlError: A value of ``extra`` can't be set.
        """
        scene = self.scene(name)
        name = self.name(name)
        values, _ = self.settable(scene)
        for path, value in (extra or {}).items():
            values[path] = self._control.parameter(path).check(value)
        if seconds is None:
            seconds = scene.seconds
        if seconds is None:
            seconds = float(self._control.get("/scene/seconds")) if "/scene/seconds" in self._control else 0.0
        self._last = name
        self.morph.start(values, seconds)
        if "/scene" in self._control and self._control.get("/scene") != name:
            self._control.set("/scene", name, SOURCE)

    def settable(self, scene: Scene) -> tuple[dict[str, Value], list[str]]:
        """Values of a scene that can be set here, and a sentence for each that can't.

        A scene made with another model names stems that this one has not; they stay in the file and do nothing.
        """
        values: dict[str, Value] = {}
        faults = []
        for path, value in scene.values.items():
            try:
                parameter = self._control.parameter(path)
                if not parameter.writable or parameter.kind == "trigger" or path.startswith(APART):
                    raise ControlError(f"{path} can't be part of a scene.")
                values[path] = parameter.check(value)
            except ControlError as error:
                faults.append(str(error))
        return values, faults

    def _hear(self, change: Change) -> None:
        # What is restored is the end of a recall, not the beginning of one.
        if change.source in (SOURCE, RESTORE) or not change.value:
            return
        if change.path == "/scene":
            try:
                self.recall(str(change.value))
            except UserError as error:
                self._tell(str(error))
                # What is shown is what was recalled last, not what was asked for in vain.
                with contextlib.suppress(UserError):
                    self._control.set("/scene", self._last, SOURCE)
            else:
                self._tell("")
        elif change.path in ("/scene/save", "/scene/update"):
            asked = str(change.value) if change.path == "/scene/save" else ""
            # The state is that of the press; the disk comes later.
            values = self._control.snapshot()
            self._later(lambda: self._save_asked(asked, values))

    def _save_asked(self, asked: str, values: dict[str, Value]) -> None:
        """Save what a surface wants saved, and tell everybody; without a name over the scene recalled last."""
        try:
            name = asked.strip() or self._last
            if not name:
                raise SceneError("Not saved: no scene was recalled yet. Write a name to /scene/save.")
            with contextlib.suppress(SceneError):
                name = self.name(name)
            self.save(name, values=values)
        except UserError as error:
            self._tell(str(error))
        else:
            self._tell("")
            self._last = name
            number = self.names.index(name) + 1
            # The time makes the same scene saved once more news.
            self._notices.say(f"Scene {number}, '{name}', is saved ({datetime.datetime.now():%H:%M:%S}).")
            if "/scene" in self._control:
                self._control.set("/scene", name, SOURCE)
        # A surface that sends back what it is shown is not to save again.
        if asked and self._control.get("/scene/save") == asked:
            self._control.set("/scene/save", "", SOURCE)

    def _tell(self, trouble: str) -> None:
        self.trouble = trouble
        self._notices.trouble("scenes", trouble)
