"""Opens bundles on an NVIDIA card, compiling them where that has not been done yet."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
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
from rtiass.bundle import Bundle
from rtiass.engine import BuildProgress, Built, EngineError, Probe, checked_graph


class TensorRTEngine:
    """Runs a bundle's ``model.onnx`` on an NVIDIA card with TensorRT for RTX or TensorRT."""

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
        cuda = self._runtime()
        card = find_card(cuda)
        flavour = self._load_flavour(card.target)
        graph = checked_graph(bundle)
        prepare_device(cuda)
        cache = self._cache or Cache()
        key = self._newest(cache, flavour, card, graph)
        layout = Layout.of(bundle)
        kept = cache.read(key, "runtime") or b""
        data = cache.read(key)
        if data is not None:
            # A file can be whole and yet not what this card takes: then it is built anew like one that is missing.
            with contextlib.suppress(UnfitError):
                return self._opened(flavour, data, layout, kept, key, bundle)
        data = self._build(flavour, cache, key, graph, bundle.name, None)
        with contextlib.suppress(EngineError):  # a full disk costs the next start some time, and this one nothing
            cache.write(key, "engine", data, bundle.name)
        return self._opened(flavour, data, layout, b"", key, bundle)

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
        graph = checked_graph(bundle)
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
            data = self._build(flavour, cache, key, graph, bundle.name, tell)
            path = cache.write(key, "engine", data, bundle.name)
            made.append(Built(bundle.name, _detail(key), path, path.stat().st_size))
        return made

    def built(self) -> list[Built]:
        """Networks that were compiled and kept on this machine, of all libraries and cards."""
        entries = (self._cache or Cache()).entries()
        return [Built(entry.model, _detail(entry.key), entry.path, entry.size) for entry in entries]

    def ready(self, bundle: Bundle) -> bool:
        """Tell whether a bundle was compiled for this machine's card already, so that opening it is quick."""
        try:
            card = find_card(self._runtime())
            flavour = self._load_flavour(card.target)
        except EngineError:
            return False
        cache = self._cache or Cache()
        return cache.read(self._newest(cache, flavour, card, checked_graph(bundle))) is not None

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

    def _newest(self, cache: Cache, flavour: Flavour, card: Card, graph: bytes) -> Key:
        keys = [key_for(flavour, card.target, card.driver, precision, graph) for precision in PRECISIONS]
        return max(keys, key=cache.age)  # of equals, the first: single precision

    def _opened(
        self, flavour: Flavour, data: bytes, layout: Layout, kept: bytes, key: Key, bundle: Bundle
    ) -> TensorRTSession:
        session, finished = open_session(flavour, self._runtime(), data, layout, kept)
        if finished and finished != kept:
            with contextlib.suppress(EngineError):
                (self._cache or Cache()).write(key, "runtime", finished, bundle.name)
        return session

    def _build(
        self,
        flavour: Flavour,
        cache: Cache,
        key: Key,
        graph: bytes,
        name: str,
        progress: Callable[[float], None] | None,
    ) -> bytes:
        typed = to_half(graph) if key.precision == "fp16" else graph
        common = replace(key, graph="any", precision="any")
        timings = cache.read(common, "timing") or b""
        data, measured = build(flavour, typed, key.target, name, timings=timings, progress=progress)
        if measured and measured != timings:
            with contextlib.suppress(EngineError):
                cache.write(common, "timing", measured, name)
        return data

    def _flavour_for(self, target: str, card: Card | None) -> Flavour:
        flavour = self._load_flavour(target)
        if not flavour.builds_elsewhere and (card is None or card.target != target):
            raise EngineError(
                f"{flavour.title} compiles only for the card of this machine. TensorRT for RTX compiles for others "
                f"too: {INSTALL}"
            )
        return flavour


def _target(text: str) -> str:
    match = re.fullmatch(r"(?:sm_?)?(\d{1,2})\.?(\d)", text.strip().lower())
    if match is None:
        raise EngineError(f"'{text}' is no compute capability. Write it as sm86 or 8.6, several as sm86,sm89.")
    return f"sm{match[1]}{match[2]}"


def _detail(key: Key) -> str:
    titles = {kind.module: kind.title for kind in FLAVOURS}
    return f"{key.precision} for {key.target}, {titles.get(key.flavour, 'another library')} {key.version}"
