"""How ``auto`` chooses: by what was measured on this machine, else the engine that is known to do.

No sound waits for a measurement, which loads every engine there is and takes a second for each. It is done by ``rtiass
engines measure``, beside the first show (``rtiass.enginebackground``), or before the first file job; what it found is
looked up from then on. Where one engine alone comes into question nothing is measured. ``RTIASS_MEASURE=0`` leaves the
command alone: ``auto`` then measures nothing by itself.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtiass.engineanswers import Answer, read_answer, write_answer
from rtiass.errors import UserError

if TYPE_CHECKING:
    from rtiass.bundle import Bundle
    from rtiass.engine import EngineSession

MEASURE = "RTIASS_MEASURE"
"""Environment variable; with 0 nothing is measured that was not asked for."""

GAIN = 0.8
"""Another engine than the first must keep less than this share of its time: a change has to be worth the trust."""


@dataclass(frozen=True)
class Verdict:
    """What is known of the engines for a model.

    Attributes:
        engine: Name of the engine to take; empty where nothing is known.
        why: Why, as a part of a sentence.
        refused: By engine that could not be measured, why, as a sentence.
        note: A sentence to be told; empty if nothing.
    """

    engine: str
    why: str
    refused: dict[str, str] = field(default_factory=dict)
    note: str = ""


def remembered(bundle: Bundle, file: Path | None = None) -> Verdict:
    """What was measured here for a model; never raises and loads no engine.

    Args:
        bundle: Checked bundle.
        file: The file of answers; None for the user's own.
    """
    from rtiass.engine import engine_names

    unknown = f"the first that can run; engines were not measured here: rtiass engines measure {named(bundle)}"
    try:
        answer = read_answer(bundle, file)
    except Exception:  # what describes the machine may fail in any way; playing must not
        answer = None
    # The figures come from a file: only engines that are registered can follow from them.
    names = engine_names()
    if answer is None or any(name.partition(":")[0] not in names for name in answer.seconds):
        return Verdict("", unknown)
    return _judge(answer)


def measure(
    bundle: Bundle,
    *,
    only: Sequence[str] | None = None,
    seconds: float = 1.0,
    file: Path | None = None,
    tell: Callable[[str], object] = lambda text: None,
    attempt: Callable[..., tuple[dict[str, float], dict[str, str]]] | None = None,
) -> tuple[Verdict, Answer]:
    """Measure the engines that can run here, and remember what was found.

    Args:
        bundle: Checked bundle.
        only: Engines to measure, with their options; None for all.
        seconds: Time for each engine, paced like the sound.
        file: The file of answers; None for the user's own.
        tell: Called with the name of each engine that is opened.
        attempt: Measures open sessions, as ``rtiass.enginetrial.try_paced`` does.

    Raises:
        EngineError: No engine can run here.
    """
    from rtiass.engine import EngineError, open_checked
    from rtiass.enginetrial import try_paced

    sessions: dict[str, EngineSession] = {}
    refused: dict[str, str] = {}
    with ExitStack() as stack:
        for name, engine in _candidates(refused):
            if only is not None and name not in only:
                continue
            tell(name)
            try:
                # One thread, as the live host has it.
                session = open_checked(engine, bundle, 1, compiled_only=True)
                sessions[name] = stack.enter_context(closing(session))
            except UserError as error:
                refused[name] = str(error)
        found, failed = (attempt or try_paced)(sessions, seconds=seconds)
    refused |= failed
    if not found:
        told = " ".join(f"{name}: {why}" for name, why in refused.items())
        raise EngineError(f"No engine can run here. {told} Run 'rtiass engines' to see what to install.")
    answer = Answer(found, time.strftime("%Y-%m-%d"))
    note = write_answer(bundle, answer, file)
    verdict = _judge(answer)
    return Verdict(verdict.engine, verdict.why, refused, note), answer


def worthwhile(bundle: Bundle) -> list[str]:
    """What is worth measuring for ``auto``: engines, and variants of them, that it may take here for a model.

    That are those that can run, are no mere comparison, and don't say that the model is not for them. It loads and asks
    them all, and never raises.

    Args:
        bundle: Checked bundle.

    Returns:
        Two names or more; none where there is nothing to choose, or ``RTIASS_MEASURE=0`` says that nothing be measured.
    """
    if os.environ.get(MEASURE) == "0":
        return []
    found = []
    for name, engine in _candidates({}):
        try:
            fits = getattr(engine, "fits", lambda bundle: True)
            if not getattr(engine, "for_comparison", False) and fits(bundle) and engine.probe().available:
                found.append(name)
        except Exception:  # a plug-in of somebody else may fail in any way
            continue
    return found if len(found) > 1 else []


def measure_first(bundle: Bundle, tell: Callable[[str], object]) -> None:
    """Before a file job: measure where nothing is known and several engines need no compilation; never raises.

    Args:
        bundle: Checked bundle.
        tell: Called with what happens, as sentences; not at all where nothing has to be measured.
    """
    from rtiass.engine import CompilingEngine, load_engine

    if remembered(bundle).engine:
        return
    names = []
    for name in worthwhile(bundle):
        engine: Any = load_engine(name)
        with suppress(Exception):  # a plug-in of somebody else may fail in any way
            if not isinstance(engine, CompilingEngine) or any(one.model == bundle.name for one in engine.built()):
                names.append(name)
    if len(names) < 2:
        return
    tell(f"Measuring which engine is the fastest here, once: {', '.join(names)}")
    try:
        verdict, _ = measure(bundle, only=names)
    except UserError as error:
        tell(str(error))
        return
    tell(f"auto takes {verdict.engine}: {verdict.why}. {verdict.note}".rstrip())


def _candidates(refused: dict[str, str]) -> list[tuple[str, Any]]:
    """Engines to measure, by name, with the variants that each of them has here."""
    from rtiass.engine import engine_names, load_engine

    found = []
    for name in engine_names():
        try:
            engine = load_engine(name)
            found.append((name, engine))
            variants = [f"{name}:{variant}" for variant in getattr(engine, "variants", list)()]
            found += [(variant, load_engine(variant)) for variant in variants]
        except Exception as error:  # a plug-in of somebody else may fail in any way
            refused[name] = str(error) or type(error).__name__
    return found


def _judge(answer: Answer) -> Verdict:
    """The engine to take: the fastest, unless the first of the known order is nearly as fast."""
    from rtiass.engine import engine_names

    order = {name: place for place, name in enumerate(engine_names())}
    names = sorted(answer.seconds, key=lambda name: (order.get(name.partition(":")[0], len(order)), name))
    first, fastest = names[0], min(names, key=lambda name: answer.seconds[name])
    chosen = fastest if answer.seconds[fastest] < GAIN * answer.seconds[first] else first
    others = [name for name in names if name != chosen]
    why = f"{chosen} keeps {_told(answer.seconds[chosen])} a frame"
    if others and chosen == first and fastest != first:
        why += f", and none is clearly faster: {_list(others, answer.seconds)}"
    elif others:
        why += f", the fastest here: {_list(others, answer.seconds)}"
    else:
        why += ", the only one that can run here"
    return Verdict(chosen, f"{why}; measured {answer.day}")


def _list(names: list[str], seconds: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {_told(seconds[name])}" for name in names)


def _told(seconds: float) -> str:
    return f"{1000 * seconds:.2f} ms"


def named(bundle: Bundle) -> str:
    """What stands for a bundle on a command line."""
    from rtiass.bundle import models_folder

    return bundle.name if bundle.path == models_folder() / bundle.name else str(bundle.path)
