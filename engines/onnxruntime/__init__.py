"""ONNX Runtime, on the CPU unless another provider is asked for: the default engine."""

from engines.onnxruntime.engine import OnnxRuntimeEngine

__all__ = ["OnnxRuntimeEngine"]
