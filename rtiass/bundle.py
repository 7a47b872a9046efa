"""Model bundles: a folder with a card, a network and check sums.

A bundle may come from anywhere, so nothing in it is trusted: sizes are bounded before anything is read, sums are
checked, names cannot lead out of the folder, and no pickle is ever loaded.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rtiass.activity import GateSettings
from rtiass.errors import UserError, readable
from rtiass.stft import ALL_MODES, BINS, FRAME, RATE

CARD = "card.toml"
GRAPH = "model.onnx"
HALF_GRAPH = "model.fp16.onnx"
"""The network once more in FP16; a bundle need not have it, and nobody need read it."""
WEIGHTS = "weights.safetensors"
SUMS = "SHA256SUMS"

MAX_CARD_BYTES = 256 * 1024
MAX_CARD_WORK = 4_000_000
"""Most steps that the keys of a card may take to read: the parser's time grows with the square of a key's dots."""

MAX_MODEL_BYTES = 256 * 1024 * 1024
MAX_STEMS = 16
MAX_STATES = 256
MAX_STATE_VALUES = 16 * 1024 * 1024

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


class BundleError(UserError):
    """A bundle that is missing, damaged or not understood."""


@dataclass(frozen=True)
class Bundle:
    """A checked bundle.

    Attributes:
        name: Model name.
        path: Its folder.
        stems: Stem names in the network's order; the last takes the rest of the mixture.
        rate: Sample rate in hertz.
        channels: Channels of the network's input.
        frame: Analysis length K in samples.
        bins: Number of frequency bins.
        lookahead: Network frames by which the masks lag.
        activity_lookahead: Network frames by which the activities lag, ``lookahead`` at most.
        states: Name and shape of every state tensor of the graph, all float32.
        gates: Gate settings by stem.
        card: The whole card.
    """

    name: str
    path: Path
    stems: tuple[str, ...]
    rate: int
    channels: int
    frame: int
    bins: int
    lookahead: int
    activity_lookahead: int
    states: tuple[tuple[str, tuple[int, ...]], ...]
    gates: dict[str, GateSettings]
    card: dict[str, Any] = field(repr=False)
    _graph: bytes = field(repr=False)
    _weights: bytes | None = field(repr=False)
    _sums: dict[str, str] = field(default_factory=dict, repr=False)

    def onnx_bytes(self) -> bytes:
        """The network as ONNX, as it was when its sum was checked."""
        return self._graph

    def weights_bytes(self) -> bytes | None:
        """The network's weights as safetensors, for engines that build it themselves; None if the bundle has none."""
        return self._weights

    def mode_note(self, mode: str) -> str:
        """A sentence if the model was not trained for a mode; else nothing."""
        trained = self.card.get("modes", {}).get("trained", [])
        if not trained or mode in trained:
            return ""
        return f"The model '{self.name}' was not trained for the mode '{mode}'. It was for: {', '.join(trained)}."

    def half_onnx_bytes(self) -> bytes | None:
        """The network as ONNX with FP16 inside and FP32 inputs, outputs and states; None if the bundle has none.

        It is read only here: what nobody asks for can't keep a model from being used.

        Raises:
            BundleError: It is damaged, too large, or has no check sum; the sum is the one that was there at loading.
        """
        path = self.path / HALF_GRAPH
        if not path.is_symlink() and not path.exists():
            return None
        return _checked(self.path, HALF_GRAPH, MAX_MODEL_BYTES, self._sums)


def models_folder() -> Path:
    """Folder of the bundles that come with rtiass."""
    return Path(__file__).parent / "models"


def bundle_names() -> list[str]:
    """Names of the bundles that come with rtiass."""
    folder = models_folder()
    if not folder.is_dir():
        return []
    return sorted(p.name for p in folder.iterdir() if (p / CARD).is_file())


def default_bundle() -> str:
    """Name of the bundle that is used when none is named.

    Raises:
        BundleError: None is installed.
    """
    names = bundle_names()
    if not names:
        raise BundleError("No model is installed. Reinstall rtiass, or name a bundle's folder with --model.")
    return "band" if "band" in names else names[0]


def karaoke_bundle() -> str | None:
    """Name of the shipped bundle that is best at taking vocals away; None where the default one is."""
    return "karaoke" if "karaoke" in bundle_names() else None


def load_bundle(name: str | Path | None = None) -> Bundle:
    """Load and check a bundle.

    Args:
        name: Name of a shipped bundle, or the folder of any; None for the default.

    Raises:
        BundleError: It is missing, damaged or not understood; the message says which file and what to do.
    """
    if name is None:
        name = default_bundle()
    folder = Path(name)
    if isinstance(name, str) and name in bundle_names():
        folder = models_folder() / name
    if not (folder / CARD).is_file():
        known = ", ".join(bundle_names()) or "none"
        raise BundleError(f"There is no model '{name}'. Shipped models: {known}; or give a bundle's folder.")
    sums = _read_sums(folder)
    text = _checked(folder, CARD, MAX_CARD_BYTES, sums)
    try:
        card = _parse(text.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise BundleError(
            f"The card of the model in {folder} can't be read: {readable(error)}. Download it again."
        ) from error
    graph = _checked(folder, GRAPH, MAX_MODEL_BYTES, sums)
    weights = None
    if (folder / WEIGHTS).exists():
        weights = _checked(folder, WEIGHTS, MAX_MODEL_BYTES, sums)
    try:
        return _understand(folder, card, graph, weights, sums)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BundleError(
            f"The card of the model in {folder} lacks something or has a wrong value "
            f"({readable(error)}). Download it again."
        ) from error


def sha256_sums(folder: Path, names: list[str]) -> str:
    """Text of ``SHA256SUMS`` for files in a folder, one ``sum  name`` a line as sha256sum writes it."""
    return "".join(f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in names)


def _read(path: Path, limit: int) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise BundleError(f"The model in {path.parent} has no proper file {path.name}. Download it again.")
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise BundleError(f"{path} can't be read: {error.strerror or error}.") from error
    if len(data) > limit:
        raise BundleError(f"{path} is larger than the {limit // 1024} KiB that such a file may have. It is not used.")
    return data


def _parse(text: str) -> dict[str, Any]:
    # Not looked at closely: dots of a sentence count too, and no card has as many of them.
    if sum(line.count(".") ** 2 for line in text.split("\n")) > MAX_CARD_WORK:
        raise ValueError("a key has too many dots")
    return tomllib.loads(text)


def _read_sums(folder: Path) -> dict[str, str]:
    lines = _read(folder / SUMS, MAX_CARD_BYTES).decode("utf-8", "replace").splitlines()
    parts = (line.split(maxsplit=1) for line in lines if line.strip())
    return {p[1].lstrip("*"): p[0].lower() for p in parts if len(p) == 2}


def _checked(folder: Path, name: str, limit: int, sums: dict[str, str]) -> bytes:
    data = _read(folder / name, limit)
    if sums.get(name) != hashlib.sha256(data).hexdigest():
        raise BundleError(
            f"{folder / name} is not what its check sum says: the model is damaged or was changed. Download it again."
        )
    return data


def _whole(value: object, what: str, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{what} must be a whole number from {low} to {high}, not {value!r}")
    return value


def _name(value: object, what: str) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError(f"{what} must be a plain name, not {value!r}")
    return value


def _understand(
    folder: Path, card: dict[str, Any], graph: bytes, weights: bytes | None, sums: dict[str, str]
) -> Bundle:
    model = card["model"]
    stems = tuple(_name(s, "a stem") for s in model["stems"])
    if not 2 <= len(stems) <= MAX_STEMS or len(set(stems)) != len(stems):
        raise ValueError(f"stems must be 2 to {MAX_STEMS} different names")
    rate = _whole(model["rate"], "rate", RATE, RATE)
    frame = _whole(model["frame"], "frame", FRAME, FRAME)
    states = tuple(
        (_name(name, "a state"), tuple(_whole(n, "a state's size", 1, MAX_STATE_VALUES) for n in shape))
        for name, shape in model["states"]
    )
    if len(states) > MAX_STATES or len({name for name, _ in states}) != len(states):
        raise ValueError(f"states must be at most {MAX_STATES} different names")
    total = 0
    for _, shape in states:
        size = 1
        for n in shape:
            size *= n
        total += size
    if total > MAX_STATE_VALUES:
        raise ValueError("the states are too large")
    for mode in card.get("modes", {}).get("trained", []):
        if mode not in ALL_MODES:
            raise ValueError(f"unknown mode {mode!r}")
    lookahead = _whole(model.get("lookahead", 0), "lookahead", 0, 64)
    gate = card.get("gate", {})
    common = {k: v for k, v in gate.items() if not isinstance(v, dict)}
    gates = {stem: _gate({**common, **gate.get(stem, {})}) for stem in stems}
    return Bundle(
        name=_name(model["name"], "the model's name"),
        path=folder,
        stems=stems,
        rate=rate,
        channels=_whole(model["channels"], "channels", 2, 2),
        frame=frame,
        bins=_whole(model["bins"], "bins", BINS, BINS),
        lookahead=lookahead,
        activity_lookahead=_whole(model.get("activity_lookahead", lookahead), "activity_lookahead", 0, lookahead),
        states=states,
        gates=gates,
        card=card,
        _graph=graph,
        _weights=weights,
        _sums=sums,
    )


def _gate(values: dict[str, Any]) -> GateSettings:
    bounds = {
        "threshold": (0.0, 1.0),
        "median_seconds": (0.0, 2.0),
        "open_frames": (1, 16),
        "hangover_seconds": (0.0, 10.0),
        "attack_seconds": (1e-3, 10.0),
        "release_seconds": (1e-3, 10.0),
    }
    checked: dict[str, float] = {}
    for key, value in values.items():
        if key not in bounds:
            raise ValueError(f"unknown gate setting {key!r}")
        low, high = bounds[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"gate setting {key} must be from {low} to {high}, not {value!r}")
        checked[key] = int(value) if key == "open_frames" else float(value)
    return GateSettings(**checked)  # type: ignore[arg-type]
