"""With which engine a show begins, and what is to be done beside it so that it can go on with a better one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from rtiass.engine import Choice, EngineError, NotCompiledError, choose_with_reason, load_engine, open_checked
from rtiass.enginechoice import remembered, worthwhile

if TYPE_CHECKING:
    from rtiass.bundle import Bundle


@dataclass(frozen=True)
class EngineOrder:
    """What ``rtiass.enginebackground`` is to do.

    Attributes:
        model: The bundle's folder.
        build: Engine to compile the network for, because it was asked for by name; empty for none.
        measure: Otherwise: engines to compile for where that is needed, and to measure.
    """

    model: str
    build: str = ""
    measure: Sequence[str] = ()

    def plain(self) -> dict[str, Any]:
        """As it travels."""
        return {**asdict(self), "measure": list(self.measure)}


def first_engine(name: str, bundle: Bundle, threads: int | None = None) -> tuple[Choice, EngineOrder | None]:
    """Open a bundle on an engine that plays at once.

    That is the one asked for; if it has to compile the network first, the one that ``auto`` would take. With ``auto``
    it is the one that was measured to be the fastest; if that is not known, the first that can run, until all that come
    into question are measured beside the show.

    Args:
        name: Engine name, with options or without, or ``auto``.
        bundle: Checked bundle.
        threads: Number of threads, or None.

    Returns:
        The choice, and what is to be done beside the show; None where nothing is.

    Raises:
        EngineError: The engine asked for cannot run here, or none can.
        BundleError: The bundle itself is at fault.
    """
    if name == "auto":
        choice = choose_with_reason(name, bundle, threads)
        if remembered(bundle).engine:
            return choice, None
        names = worthwhile(bundle)
        if not names:
            return choice, None
        why = f"the first that can run, until the others are measured: {', '.join(names)}"
        return replace(choice, why=why), EngineOrder(str(bundle.path), measure=tuple(names))
    try:
        return Choice(name, open_checked(load_engine(name), bundle, threads, compiled_only=True)), None
    except NotCompiledError:
        choice = choose_with_reason("auto", bundle, threads)
        # That another one plays is no fall-back here, and it is told why.
        why = f"it plays while the model is compiled for {name}"
        return replace(choice, note="", why=why), EngineOrder(str(bundle.path), build=name)
    except EngineError as error:
        raise EngineError(f"The engine '{name}' can't run here: {error}") from error
