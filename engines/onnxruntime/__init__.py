"""ONNX Runtime on the CPU: the default engine."""

from engines.onnxruntime.engine import OnnxRuntimeEngine

__all__ = ["OnnxRuntimeEngine"]
