"""Opens bundles on an NVIDIA card, compiling them where that has not been done yet."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engines.tensorrt.build import build
from engines.tensorrt.cache import Cache
from engines.tensorrt.driver import Card, find_card, version_text
from engines.tensorrt.flavour import FLAVOURS, INSTALL, NOT_INSTALLED, Flavour, installed, load_for
from engines.tensorrt.half import to_half
from engines.tensorrt.key import PRECISIONS, Key, key_for
from engines.tensorrt.loading import UnfitError, open_session
from engines.tensorrt.runner import Layout, prepare_device
from engines.tensorrt.session import TensorRTSession
from rtiass.bundle import Bundle, BundleError
from rtiass.engine import BuildProgress, Built, EngineError, Probe, checked_graph


@dataclass(frozen=True)
class _Found:
    """A network to run on a card: the library for it, where it is kept under which key, and what it is made from."""

    flavour: Flavour
    cache: Cache
    key: Key
    graph: bytes


class TensorRTEngine:
    """Runs a bundle's network on an NVIDIA card with TensorRT for RTX or TensorRT."""

    name = "tensorrt"

    def __init__(
        self,
        cuda: Any = None,
        load_flavour: Callable[[str], Flavour] = load_for,
        cache: Cache | None = None,
    ) -> None:
        """Make the engine; nothing is imported or asked yet.

        Args:
            cuda: What stands for ``cuda.bindings.runtime``; None imports it.
            load_flavour: Gives the library for a compute capability such as ``sm89``.
            cache: Compiled networks; None for the user's own.
        """
        self._cuda = cuda
        self._load_flavour = load_flavour
        self._cache = cache

    def probe(self) -> Probe:
        """Tell whether there is a card and a TensorRT that compiles for it; the driver is asked first."""
        try:
            card = find_card(self._runtime())
            flavour = self._load_flavour(card.target)
        except EngineError as error:
            return Probe(False, str(error))
        except Exception as error:  # a broken installation can fail in any way
            return Probe(False, f"The NVIDIA card can't be asked ({type(error).__name__}: {error}): {INSTALL}")
        where = f"{card.name} ({card.target}, driver for CUDA {version_text(card.driver)})"
        return Probe(True, f"{flavour.title} {flavour.version}, {where}")

    def open(self, bundle: Bundle, *, threads: int | None = None) -> TensorRTSession:
        """Open a bundle; the first time on a machine it is compiled, later ones load what was kept.

        What ``rtiass engines build`` made last decides the precision; without it that is ``fp32``.

        Args:
            bundle: Checked bundle.
            threads: Nothing to a card; here so that engines can be exchanged.

        Raises:
            BundleError: The network can't be read.
            EngineError: There is no card, or it refuses the network.
        """
        found = self._look_up(bundle)
        session = self._open_kept(found, bundle)
        if session is not None:
            return session
        data = _compile(found, bundle, None)
        with contextlib.suppress(EngineError):  # a full disk costs the next start some time, and this one nothing
            found.cache.write(found.key, "engine", data, bundle.name)
        return self._opened(found, data, b"", bundle)

    def open_compiled(self, bundle: Bundle, *, threads: int | None = None) -> TensorRTSession | None:
        """Open a bundle as it was compiled for this machine's card, without compiling anything.

        Args:
            bundle: Checked bundle.
            threads: Nothing to a card.

        Returns:
            The session; None if it was not compiled, or is not what this card takes.

        Raises:
            BundleError: The network can't be read.
            EngineError: There is no card, or it is in trouble.
        """
        return self._open_kept(self._look_up(bundle), bundle)

    def build(
        self,
        bundle: Bundle,
        *,
        precision: str = "fp32",
        targets: Sequence[str] = (),
        progress: BuildProgress | None = None,
    ) -> list[Built]:
        """Compile a bundle ahead of its use, and keep the result.

        Args:
            bundle: Checked bundle.
            precision: ``fp32``, or ``fp16`` for products in half precision.
            targets: Compute capabilities of the cards, as ``sm86``; empty for this machine's card.
            progress: Called with what is built and the share that is done.

        Returns:
            One for each target.

        Raises:
            BundleError: The network can't be read.
            EngineError: Precision or target is unknown, the library refuses, or the result can't be kept.
        """
        if precision not in PRECISIONS:
            raise EngineError(f"The precision can be {' or '.join(PRECISIONS)}, not '{precision}'.")
        card: Card | None
        try:
            card = find_card(self._runtime())
        except EngineError as error:
            card = None
            if not targets:
                raise EngineError(f"{error}. To compile for another machine's card, name it: --target sm86") from error
        wanted = list(dict.fromkeys(_target(text) for text in targets)) or [card.target if card else ""]
        graph = _graph(bundle, precision)
        cache = self._cache or Cache()
        made: list[Built] = []
        for target in wanted:
            flavour = self._flavour_for(target, card)
            key = key_for(flavour, target, card.driver if card else 0, precision, graph)
            what = f"{bundle.name} {precision} {target}"

            def tell(share: float, what: str = what) -> None:
                if progress is not None:
                    progress(what, share)

            tell(0.0)
            data = _compile(_Found(flavour, cache, key, graph), bundle, tell)
            path = cache.write(key, "engine", data, bundle.name)
            made.append(Built(bundle.name, _detail(key), path, path.stat().st_size))
        return made

    def built(self) -> list[Built]:
        """Networks that were compiled and kept on this machine, of all libraries and cards."""
        entries = (self._cache or Cache()).entries()
        return [Built(entry.model, _detail(entry.key), entry.path, entry.size) for entry in entries]

    def _runtime(self) -> Any:
        if self._cuda is None:
            try:
                from cuda.bindings import runtime
            except Exception as error:  # a broken installation can fail in any way
                if not installed():
                    raise EngineError(NOT_INSTALLED) from error
                raise EngineError(f"CUDA's bindings can't be loaded ({error}): {INSTALL}") from error
            self._cuda = runtime
        return self._cuda

    def _look_up(self, bundle: Bundle) -> _Found:
        """The network to use for a bundle on this machine's card: the one compiled last, else single precision."""
        card = find_card(self._runtime())
        flavour = self._load_flavour(card.target)
        cache = self._cache or Cache()
        found: list[_Found] = []
        for precision in PRECISIONS:
            try:
                graph = _graph(bundle, precision)
            except BundleError:
                if not found:
                    raise
                continue  # what half precision lacks keeps nobody from the other
            found.append(_Found(flavour, cache, key_for(flavour, card.target, card.driver, precision, graph), graph))
        prepare_device(self._runtime())
        return max(found, key=lambda one: cache.age(one.key))  # of equals, the first: single precision

    def _open_kept(self, found: _Found, bundle: Bundle) -> TensorRTSession | None:
        data = found.cache.read(found.key)
        if data is None:
            return None
        # A file can be whole and yet not what this card takes: then it is like one that is missing.
        with contextlib.suppress(UnfitError):
            return self._opened(found, data, found.cache.read(found.key, "runtime") or b"", bundle)
        return None

    def _opened(self, found: _Found, data: bytes, kept: bytes, bundle: Bundle) -> TensorRTSession:
        session, finished = open_session(found.flavour, self._runtime(), data, Layout.of(bundle), kept)
        if finished and finished != kept:
            with contextlib.suppress(EngineError):
                found.cache.write(found.key, "runtime", finished, bundle.name)
        return session

    def _flavour_for(self, target: str, card: Card | None) -> Flavour:
        flavour = self._load_flavour(target)
        if not flavour.builds_elsewhere and (card is None or card.target != target):
            raise EngineError(
                f"{flavour.title} compiles only for the card of this machine. TensorRT for RTX compiles for others "
                f"too: {INSTALL}"
            )
        return flavour


def _graph(bundle: Bundle, precision: str) -> bytes:
    """The bundle's ONNX file that a network in a precision is made from: for fp16 its own if it has it."""
    half = precision == "fp16" and bundle.half_onnx_bytes() is not None
    return checked_graph(bundle, half=half)


def _compile(found: _Found, bundle: Bundle, progress: Callable[[float], None] | None) -> bytes:
    flavour, cache, key = found.flavour, found.cache, found.key
    converted = key.precision == "fp16" and found.graph == bundle.onnx_bytes()
    graph = to_half(found.graph) if converted else found.graph
    common = replace(key, graph="any", precision="any")
    timings = cache.read(common, "timing") or b""
    data, measured = build(flavour, graph, key.target, bundle.name, timings=timings, progress=progress)
    if measured and measured != timings:
        with contextlib.suppress(EngineError):
            cache.write(common, "timing", measured, bundle.name)
    return data


def _target(text: str) -> str:
    match = re.fullmatch(r"(?:sm_?)?(\d{1,2})\.?(\d)", text.strip().lower())
    if match is None:
        raise EngineError(f"'{text}' is no compute capability. Write it as sm86 or 8.6, several as sm86,sm89.")
    return f"sm{match[1]}{match[2]}"


def _detail(key: Key) -> str:
    titles = {kind.module: kind.title for kind in FLAVOURS}
    return f"{key.precision} for {key.target}, {titles.get(key.flavour, 'another library')} {key.version}"
