"""Separators of one model, opened once and used song after song."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from rtiass.activity import GATE_KINDS
from rtiass.bundle import Bundle, load_bundle
from rtiass.engine import EngineSession, choose
from rtiass.enginechoice import measure_first
from rtiass.errors import UserError
from rtiass.separator import StreamingSeparator, find_mode
from rtiass.songstream import pairs
from rtiass.stft import DEFAULT_MODE

MAX_CHANNELS = 64
"""Most channels of a song: each pair takes a network of its own."""


@dataclass(frozen=True)
class Settings:
    """How to separate.

    Attributes:
        model: Name of a shipped model or the folder of any; None for the default.
        engine: Engine name or ``auto``.
        mode: Name of the mode.
        gate: ``fast``, ``strict`` or ``off``.
        threads: Threads of the engine, or None to let it choose.
    """

    model: str | Path | None = None
    engine: str = "auto"
    mode: str = DEFAULT_MODE
    gate: str = "fast"
    threads: int | None = None


class SeparatorPool:
    """Opens separators when they are needed and keeps them; leaving its context closes their engine sessions.

    Attributes:
        bundle: The model.
        settings: As given.
        engine: Name of the engine in use.
        note: What must be told about the choice of the engine or of the mode; empty if nothing.
    """

    def __init__(self, settings: Settings | None = None, tell: Callable[[str], object] | None = None) -> None:
        """Load the model and open a first session, so that whatever is wrong is known before any song is.

        Args:
            settings: Model, engine, mode and gate.
            tell: Called with sentences while engines are measured for ``auto`` to choose one; without it none are.

        Raises:
            UserError: Model, engine, mode or gate cannot be had.
        """
        self.settings = settings or Settings()
        find_mode(self.settings.mode)
        if self.settings.gate not in GATE_KINDS:
            raise UserError(f"The gate is one of {', '.join(GATE_KINDS)}, not '{self.settings.gate}'.")
        self.bundle: Bundle = load_bundle(self.settings.model)
        if tell is not None and self.settings.engine == "auto":
            measure_first(self.bundle, tell)
        self.engine, session, note = choose(self.settings.engine, self.bundle, self.settings.threads)
        self.note = " ".join(part for part in (note, self.bundle.mode_note(self.settings.mode)) if part)
        self._sessions = [session]
        self._made: dict[tuple[int, int, tuple[str, ...]], StreamingSeparator] = {}

    def take(self, channels: int, stems: Sequence[str]) -> list[StreamingSeparator]:
        """One separator for each pair of channels, with a bus for each stem; the next call may return the same ones.

        Args:
            channels: Number of channels of the song.
            stems: Stems to render.

        Raises:
            UserError: There are more than ``MAX_CHANNELS`` channels.
        """
        if channels > MAX_CHANNELS:
            raise UserError(f"A song may have at most {MAX_CHANNELS} channels, not {channels}. Mix it down first.")
        return [self._separator(i, width, tuple(stems)) for i, width in enumerate(pairs(channels))]

    def _separator(self, index: int, width: int, stems: tuple[str, ...]) -> StreamingSeparator:
        key = (index, width, stems)
        if key not in self._made:
            # Pairs run side by side, so each needs a session; songs run one after the other and share them.
            while len(self._sessions) <= index:
                self._sessions.append(self._further())
            self._made[key] = StreamingSeparator(
                self.bundle,
                self._sessions[index],
                mode=self.settings.mode,
                channels=width,
                buses={stem: {stem: 1.0} for stem in stems},
                gate=self.settings.gate,
            )
        return self._made[key]

    def _further(self) -> EngineSession:
        # What was found out for the first session holds for the others: nothing is measured again.
        threads = self.settings.threads or getattr(self._sessions[0], "threads", None)
        return choose(self.engine, self.bundle, threads)[1]

    def close(self) -> None:
        """Close all sessions."""
        self._made.clear()
        while self._sessions:
            self._sessions.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
