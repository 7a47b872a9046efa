"""Inference engines: the protocol, the registry, and the choice of one.

An engine is a plug-in found under the entry-point group ``rtiass.engines``. None is imported before it is asked for.

Three methods are left to it: ``with_options(text)`` returns the engine of ``NAME:TEXT`` or raises ``EngineError``;
``variants()`` lists the options that are worth measuring here beside the engine as it is; ``fits(bundle)`` is False for
a model that it can't run at all, so that ``auto`` need not try. One that has to compile a network before it can run it
is a :class:`CompilingEngine` too. One with the attribute ``for_comparison = True`` is
measured only by ``rtiass engines measure``, never by ``auto`` itself; one with ``max_threads`` has no more threads than
that, however many are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rtiass.errors import UserError, readable

if TYPE_CHECKING:
    from rtiass.bundle import Bundle

GROUP = "rtiass.engines"
PREFERENCE = ("onnxruntime", "compiled", "pytorch")
"""Order in which ``auto`` tries engines; those not named here come last, by name."""


class EngineError(UserError):
    """An engine that cannot be had or cannot run here."""


class NotCompiledError(EngineError):
    """An engine that can run here, once it has compiled the network."""


@dataclass(frozen=True)
class Probe:
    """Whether an engine can run here.

    Attributes:
        available: It can.
        detail: On which device; or why not and what to do, as a sentence.
    """

    available: bool
    detail: str


class EngineSession(Protocol):
    """One running network; it owns its states."""

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Advance by one frame.

        Args:
            magnitude: Shape (2, bins) float32, left and right, at least 0.

        Returns:
            Masks of shape (stems, bins) float32 in 0..1 that sum to 1 over stems, and activity probabilities of shape
            (stems,) float32. Both belong to the session and hold until the next step.
        """
        ...

    def reset(self) -> None:
        """Forget all states: the next step is the first."""
        ...

    def close(self) -> None:
        """Free what the session holds; it cannot be used afterwards."""
        ...


class Engine(Protocol):
    """A way to run a bundle's network."""

    name: str

    def probe(self) -> Probe:
        """Tell whether this engine can run here, quickly and without raising.

        Where it can, this imports what ``open`` needs: while sound plays nothing that is large may be imported.
        """
        ...

    def open(self, bundle: Bundle, *, threads: int | None = None) -> EngineSession:
        """Open a bundle.

        Args:
            bundle: Checked bundle.
            threads: Number of threads, or None to let the engine choose by measurement.

        Raises:
            UserError: The bundle or the machine does not fit.
        """
        ...


BuildProgress = Callable[[str, float], None]
"""Called with what is being compiled and the share of it that is done, 0 to 1, from any thread."""


@dataclass(frozen=True)
class Built:
    """A network that was compiled ahead of its use.

    Attributes:
        model: The model's name.
        detail: Precision, card and library, in words.
        path: Where it is kept.
        size: Bytes of the file.
    """

    model: str
    detail: str
    path: Path
    size: int


@runtime_checkable
class CompilingEngine(Protocol):
    """What an engine has besides that compiles networks and keeps them."""

    def build(
        self,
        bundle: Bundle,
        *,
        precision: str = "fp32",
        targets: Sequence[str] = (),
        progress: BuildProgress | None = None,
    ) -> list[Built]:
        """Compile a bundle ahead of its use.

        Args:
            bundle: Checked bundle.
            precision: ``fp32`` or ``fp16``.
            targets: The devices to compile for; empty for the one in this machine.
            progress: Called as it goes on.

        Raises:
            UserError: It can't be compiled, or not kept.
        """
        ...

    def built(self) -> list[Built]:
        """What was compiled and kept on this machine."""
        ...

    def open_compiled(self, bundle: Bundle, *, threads: int | None = None) -> EngineSession | None:
        """Open a bundle as :meth:`Engine.open` does, but only as it was compiled for this machine: nobody has to wait.

        Returns:
            The session; None if it would have to be compiled first.

        Raises:
            UserError: The bundle or the machine does not fit.
        """
        ...


def engine_entries() -> dict[str, EntryPoint]:
    """Entry points of all registered engines by name; nothing is imported."""
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        # The first one on the path wins, as with imports.
        found.setdefault(entry.name, entry)
    return found


def engine_names() -> list[str]:
    """Names of all registered engines, the preferred ones first."""
    names = sorted(engine_entries())
    return [n for n in PREFERENCE if n in names] + [n for n in names if n not in PREFERENCE]


def load_engine(name: str) -> Engine:
    """Import an engine by name.

    Args:
        name: ``NAME``, or ``NAME:OPTIONS`` for an engine that has options.

    Raises:
        EngineError: There is none of that name, it does not take the options, or its package is broken.
    """
    plain, colon, options = name.partition(":")
    entry = engine_entries().get(plain)
    if entry is None:
        known = ", ".join(engine_names()) or "none; reinstall rtiass"
        raise EngineError(f"There is no engine named '{plain}'. Known engines: {known}.")
    try:
        engine = entry.load()()
        if not colon:
            return engine
        configure = getattr(engine, "with_options", None)
        if configure is not None:
            return configure(options)
    except UserError:
        raise
    except Exception as error:  # a plug-in of somebody else may fail in any way
        raise EngineError(
            f"The engine '{plain}' could not be loaded ({type(error).__name__}: {error}). Reinstall its package."
        ) from error
    raise EngineError(f"The engine '{plain}' has no options. Leave ':{options}' out: --engine {plain}")


def threads_of(engine: Engine, asked: int) -> int:
    """Number of threads that an engine runs with where so many are asked for."""
    return min(asked, getattr(engine, "max_threads", asked))


def probe_all() -> list[tuple[str, Probe]]:
    """Probe every registered engine; a broken one is reported, never raised."""
    result: list[tuple[str, Probe]] = []
    for name in engine_names():
        try:
            probe = load_engine(name).probe()
        except Exception as error:
            probe = Probe(False, str(error) or type(error).__name__)
        result.append((name, probe))
    return result


def checked_graph(bundle: Bundle, *, half: bool = False) -> bytes:
    """The bundle's network as ONNX, judged to be safe to load; what engines load in place of ``bundle.onnx_bytes()``.

    Args:
        bundle: Checked bundle.
        half: Take the network with FP16 inside, whose inputs, outputs and states are float32 as the other's.

    Raises:
        BundleError: It is damaged, asks for more than a network may, or is asked for in FP16 and not there.
    """
    from rtiass.bundle import BundleError
    from rtiass.onnxcheck import check_graph

    data = bundle.half_onnx_bytes() if half else bundle.onnx_bytes()
    if data is None:
        raise BundleError(
            f"The model '{bundle.name}' has no network in FP16. Use it without fp16, or add one: "
            f"rtiass-train fp16 {bundle.path} -o FOLDER"
        )
    check_graph(data, bundle.name)
    return data


def open_checked(engine: Engine, bundle: Bundle, threads: int | None, *, compiled_only: bool = False) -> EngineSession:
    """Open a bundle on an engine that can run here; whatever goes wrong is a ``UserError``.

    Args:
        engine: Engine.
        bundle: Checked bundle.
        threads: Number of threads, or None.
        compiled_only: Refuse an engine that would have to compile the network first, which may take minutes.

    Raises:
        NotCompiledError: It would have to, and ``compiled_only`` is set.
        UserError: It can't run here, or the bundle is at fault.
    """
    try:
        probe = engine.probe()
        if not probe.available:
            raise EngineError(probe.detail)
        if not compiled_only or not isinstance(engine, CompilingEngine):
            return engine.open(bundle, threads=threads)
        session = engine.open_compiled(bundle, threads=threads)
        if session is not None:
            return session
        from rtiass.enginechoice import named

        raise NotCompiledError(
            f"The model '{bundle.name}' is not compiled for it yet: rtiass engines build {named(bundle)}, and then "
            f"rtiass engines measure {named(bundle)}"
        )
    except UserError:
        raise
    except Exception as error:  # a plug-in of somebody else may fail in any way
        raise EngineError(f"It failed ({type(error).__name__}: {readable(error)}). Update its package.") from error


@dataclass(frozen=True)
class Choice:
    """An engine that was chosen, and opened.

    Attributes:
        name: Its name, with its options.
        session: The open session.
        note: Empty, or a sentence about a fall-back that must be shown.
        why: Why ``auto`` chose it, as a part of a sentence; empty for an engine that was asked for.
    """

    name: str
    session: EngineSession
    note: str = ""
    why: str = ""


def choose(name: str, bundle: Bundle, threads: int | None = None) -> tuple[str, EngineSession, str]:
    """Open a bundle on the engine asked for, or with ``auto`` on the one that does best here.

    Args:
        name: Engine name, with options or without, or ``auto``.
        bundle: Checked bundle.
        threads: Number of threads, or None.

    Returns:
        The engine's name, its session, and a note: empty, or a sentence about a fall-back that must be shown.

    Raises:
        EngineError: The engine asked for cannot run here, or none can.
        BundleError: The bundle itself is at fault.
    """
    choice = choose_with_reason(name, bundle, threads)
    return choice.name, choice.session, choice.note


def choose_with_reason(name: str, bundle: Bundle, threads: int | None = None) -> Choice:
    """As :func:`choose`, and tell why ``auto`` took what it took.

    With ``auto`` it is the engine that was measured to be the fastest on this machine, else the first that can run.

    Raises:
        EngineError: The engine asked for cannot run here, or none can.
        BundleError: The bundle itself is at fault.
    """
    from rtiass.bundle import BundleError
    from rtiass.enginechoice import remembered

    if name != "auto":
        engine = load_engine(name)
        try:
            return Choice(name, open_checked(engine, bundle, threads))
        except EngineError as error:
            raise EngineError(f"The engine '{name}' can't run here: {error}") from error
    verdict = remembered(bundle)
    refused: list[str] = []
    at_fault: BundleError | None = None
    # A plug-in that was installed is not thereby chosen: what was measured comes first, then the engines whose order is
    # known, then the rest.
    names = engine_names()
    for candidate in [verdict.engine, *(n for n in names if n != verdict.engine)] if verdict.engine else names:
        try:
            # Nobody is kept waiting for a network to be compiled.
            session = open_checked(load_engine(candidate), bundle, threads, compiled_only=True)
        except UserError as error:
            refused.append(f"{candidate}: {error}")
            # Another engine may read other files of the bundle; if none can, what the first one found is the cause.
            if at_fault is None and isinstance(error, BundleError):
                at_fault = error
            continue
        note = f"Fell back to '{candidate}': {'; '.join(refused)}" if refused else ""
        return Choice(candidate, session, note, verdict.why if candidate == verdict.engine or not refused else "")
    if at_fault is not None:
        raise at_fault
    raise EngineError("No engine can run here. " + " ".join(refused) + " Run 'rtiass engines' to see what to install.")
