"""Products of matrices on one thread, as calls that limit.py times: in numpy, ONNX Runtime, `compiled` and PyTorch."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from engines.compiled.machinecode import machine_code
from engines.compiled.processor import processor
from engines.compiled.product import Product, packed, product_function

Call = Callable[[], object]


def numpy_product(rows: int, inner: int, columns: int) -> Call:
    a, b = (np.random.default_rng(0).random(s, np.float32) for s in ((rows, inner), (inner, columns)))
    out = np.empty((rows, columns), np.float32)
    return lambda: np.matmul(a, b, out=out)


def runtime_product(rows: int, inner: int, columns: int, whole: bool = False) -> Call:
    """ONNX Runtime's product with a constant; ``whole``: of bytes, summed in 32 bits."""
    rng = np.random.default_rng(0)
    if whole:
        a, b = rng.integers(0, 255, (rows, inner), np.uint8), rng.integers(-127, 127, (inner, columns), np.int8)
        kinds = TensorProto.UINT8, TensorProto.INT32
    else:
        a, b = rng.random((rows, inner), np.float32), rng.random((inner, columns), np.float32)
        kinds = TensorProto.FLOAT, TensorProto.FLOAT
    node = helper.make_node("MatMulInteger" if whole else "MatMul", ["a", "b"], ["c"])
    ends = [
        helper.make_tensor_value_info(n, k, s) for n, k, s in zip("ac", kinds, (a.shape, (rows, columns)), strict=True)
    ]
    graph = helper.make_graph([node], "product", ends[:1], ends[1:], [numpy_helper.from_array(b, "b")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = ort.InferenceSession(model.SerializeToString(), one_thread(), providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    out = np.zeros((rows, columns), np.int32 if whole else np.float32)
    values = [ort.OrtValue.ortvalue_from_numpy(x) for x in (a, out)]
    binding.bind_ortvalue_input("a", values[0])
    binding.bind_ortvalue_output("c", values[1])
    return lambda keep=(a, out, values): session.run_with_iobinding(binding)


def compiled_product(rows: int, inner: int, columns: int) -> Call:
    """The product of the engine ``compiled``, which lays the right factor out ahead."""
    rng, width = np.random.default_rng(0), processor().lanes
    a, b = rng.random((rows, inner), np.float32), rng.random((inner, columns), np.float32)
    laid, out = packed(b, rows, width), np.empty((rows, columns), np.float32)
    declarations: set[str] = set()
    kind = Product(rows, inner, columns, inner, packed=True, plus=False, bias=False, slope=None)
    text = product_function("@product", kind, width, declarations).replace("internal ", "")
    code = machine_code("\n".join([*sorted(declarations), text, "attributes #0 = { nounwind }"]), processor())
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 6)(code.get_function_address("product"))
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (a, laid, out, a, a, a)]
    return lambda keep=(code, a, laid, out): function(*pointers)


def torch_product(size: int) -> Call | None:
    """PyTorch's product in bfloat16, on one thread, where it is installed."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    a, b = (torch.rand(size, size).to(torch.bfloat16) for _ in range(2))
    return lambda: a @ b


def one_thread() -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
