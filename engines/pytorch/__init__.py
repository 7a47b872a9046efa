"""PyTorch: the reference engine, which runs the training network itself."""

from engines.pytorch.engine import PyTorchEngine

__all__ = ["PyTorchEngine"]
