"""On what ONNX Runtime runs a network: its execution providers, by short names, and whether one was really had."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rtiass.engine import EngineError

HALF = "fp16"
ENOUGH = 0.5
"""Share of a network's operations that must lie on the provider asked for. The rest may be what it can't do."""


@dataclass(frozen=True)
class Provider:
    """An execution provider.

    Attributes:
        title: In words.
        name: As ONNX Runtime calls it.
        package: What has it on the package index.
        settings: Given to ONNX Runtime, by key.
    """

    title: str
    name: str
    package: str
    settings: dict[str, str] = field(default_factory=dict)


CPU = "cpu"
PROVIDERS = {
    CPU: Provider("the CPU", "CPUExecutionProvider", "onnxruntime"),
    # Without TF32, whose products have the 10 bits of FP16, the masks are those of the CPU.
    "cuda": Provider("CUDA", "CUDAExecutionProvider", "onnxruntime-gpu", {"use_tf32": "0"}),
    "tensorrt": Provider("TensorRT", "TensorrtExecutionProvider", "onnxruntime-gpu"),
    "directml": Provider("DirectML", "DmlExecutionProvider", "onnxruntime-directml"),
    "coreml": Provider("Core ML", "CoreMLExecutionProvider", "onnxruntime"),
    "openvino": Provider("OpenVINO", "OpenVINOExecutionProvider", "onnxruntime-openvino"),
    "migraphx": Provider("MIGraphX", "MIGraphXExecutionProvider", "onnxruntime-migraphx"),
    "qnn": Provider("QNN", "QNNExecutionProvider", "onnxruntime-qnn"),
}
"""By the word that follows ``onnxruntime:``."""

TRIED = ("cuda", "directml", "migraphx")
"""Those that ``auto`` measures where they are: they need no building ahead, and give the masks of the CPU."""


def parse(text: str) -> tuple[str, bool]:
    """Understand ``cuda``, ``fp16`` or ``cuda,fp16``.

    Returns:
        The provider's word, and whether the network is wanted in FP16.

    Raises:
        EngineError: A word is not known, or there are two providers.
    """
    words = [word.strip().lower() for word in text.split(",")]
    chosen = [word for word in words if word != HALF]
    unknown = [word for word in chosen if word not in PROVIDERS]
    if unknown:
        raise EngineError(
            f"ONNX Runtime has no option '{unknown[0]}'. Write onnxruntime, or onnxruntime: and one of "
            f"{', '.join(PROVIDERS)}; ',{HALF}' behind it takes the model's network in FP16."
        )
    if len(chosen) > 1:
        raise EngineError(f"ONNX Runtime runs a model on one of {', '.join(chosen)}, not on all of them. Choose one.")
    return (chosen[0] if chosen else CPU), HALF in words


def missing(word: str, found: list[str], version: str) -> str:
    """Why a provider can't be had and what to do, as a sentence; empty if this ONNX Runtime has it.

    Args:
        word: The provider.
        found: Names of the providers that this ONNX Runtime was built with.
        version: Of this ONNX Runtime.
    """
    provider = PROVIDERS[word]
    if provider.name in found:
        return ""
    here = ", ".join(key for key, other in PROVIDERS.items() if other.name in found) or "none"
    if provider.package == "onnxruntime":
        return f"This ONNX Runtime ({version}) comes without {provider.title} on this system; it has: {here}."
    return (
        f"This ONNX Runtime ({version}) comes without {provider.title}; it has: {here}. Put the one that has it in its "
        f"place: pip uninstall onnxruntime, then pip install {provider.package}"
    )


def check_had(word: str, session: Any, model: str) -> None:
    """Make sure that a session runs on what was asked for: ONNX Runtime itself turns to the CPU without a word.

    Args:
        word: The provider asked for.
        session: An ``onnxruntime.InferenceSession``; where it recorded which operation lies where, that is looked at.
        model: The model's name, for the message.

    Raises:
        EngineError: It would run on something else, or for the most part.
    """
    provider = PROVIDERS[word]
    got = list(session.get_providers())
    advice = f"Check that {provider.title} and its driver work here, or leave ':{word}' out to run on the CPU."
    if not got or got[0] != provider.name:
        names = {other.name: other.title for other in PROVIDERS.values()}
        instead = names.get(got[0], got[0]) if got else "nothing"
        raise EngineError(
            f"ONNX Runtime was asked to run '{model}' on {provider.title} and would run it on {instead}. {advice}"
        )
    if word == CPU:
        return
    placed = placement(session)
    total = sum(placed.values())
    here = placed[provider.name]
    if total and here < ENOUGH * total:
        raise EngineError(
            f"ONNX Runtime would run {here} of the {total} operations of '{model}' on {provider.title} and the others "
            f"on the CPU. {advice}"
        )


def placement(session: Any) -> Counter[str]:
    """Number of operations by provider's name; empty where this version of ONNX Runtime does not tell."""
    counted: Counter[str] = Counter()
    # From 1.24 on, and only if the session was asked to record it.
    for part in getattr(session, "get_provider_graph_assignment_info", list)():
        counted[str(part.ep_name)] += len(part.get_nodes())
    return counted
