"""TensorRT and TensorRT for RTX: networks compiled for NVIDIA cards."""

from engines.tensorrt.engine import TensorRTEngine

__all__ = ["TensorRTEngine"]
