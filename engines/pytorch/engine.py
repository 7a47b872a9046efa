"""Opens bundles in PyTorch: builds the network that the card describes and fills in the bundle's weights."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from engines.pytorch.session import PyTorchSession
from rtiass.bundle import Bundle, BundleError
from rtiass.engine import Probe

INSTALL = "pip install 'rtiass[train]'"


class PyTorchEngine:
    """Runs a bundle's ``weights.safetensors`` on the CPU."""

    name = "pytorch"
    for_comparison = True

    def probe(self) -> Probe:
        """Tell whether PyTorch is installed."""
        for module, title in (("torch", "PyTorch"), ("safetensors", "safetensors")):
            if find_spec(module) is None:
                return Probe(False, f"{title} is not installed: {INSTALL}")
        try:
            import torch
        except Exception as error:  # a broken installation can fail in any way
            return Probe(False, f"PyTorch can't be loaded ({error}): pip install --force-reinstall torch")
        return Probe(True, f"PyTorch {torch.__version__}, CPU")

    def open(self, bundle: Bundle, *, threads: int | None = None) -> PyTorchSession:
        """Open a bundle.

        Args:
            bundle: Checked bundle.
            threads: Number of threads of the whole process; None leaves PyTorch's own choice.

        Raises:
            BundleError: The bundle has no weights, or they don't fit the network on its card.
        """
        probe = self.probe()
        if not probe.available:
            raise BundleError(f"The engine 'pytorch' can't run here: {probe.detail}")
        if threads is not None and threads < 1:
            raise BundleError(f"The number of threads must be 1 or more, not {threads}.")
        network = _load(bundle)
        if threads is not None:
            import torch

            torch.set_num_threads(threads)
        return PyTorchSession(network, bundle)


def _load(bundle: Bundle) -> Any:
    import torch
    from safetensors.torch import load

    from offline_train.network import build

    data = bundle.weights_bytes()
    if data is None:
        raise BundleError(
            f"The model '{bundle.name}' has no weights for PyTorch. Choose another engine: --engine onnxruntime"
        )
    again = "Export or download it again, or choose another engine: --engine onnxruntime"
    try:
        weights = load(data)
        # On the meta device nothing is allocated, whatever sizes an untrusted card asks for.
        with torch.device("meta"):
            network = build(bundle.card["network"])
        wanted = {k: tuple(v.shape) for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
        found = {k: tuple(v.shape) for k, v in weights.items() if v.dtype == torch.float32}
        if wanted != found or len(found) != len(weights):
            names = sorted(k for k in wanted.keys() | weights.keys() if wanted.get(k) != found.get(k))
            raise ValueError(f"{len(names)} tensors differ, the first is '{names[0]}'")
        network.load_state_dict(weights, strict=False, assign=True)
        shapes = tuple((name, tuple(shape)) for name, shape in network.state_shapes().items())
        late = network.lookahead, network.activity_lookahead
        if (shapes, network.stems) != (bundle.states, len(bundle.stems)) or late != (
            bundle.lookahead,
            bundle.activity_lookahead,
        ):
            raise ValueError("its states, stems or lookahead are not those of the network")
    except Exception as error:  # an untrusted card can make the constructor fail in any way
        raise BundleError(
            f"The weights of the model '{bundle.name}' don't fit the network on its card ({error}). {again}"
        ) from error
    return network.eval()
