"""Networks, data, training, export and evaluation (PyTorch); the runtime in ``rtiass`` never imports this package."""

import os

# Threads that wait must sleep, not spin: on a machine that is shared, spinning threads make a training step two to
# three times slower. The thread pool reads this once, when torch is loaded, so it has to be said before any import.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Tensors of a training step are tens of megabytes and new in every step: with pages of 2 MB the system has a hundredth
# of the work to hand them out (a fifth of a step, measured). PyTorch reads this once, before its first tensor.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
