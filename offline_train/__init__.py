"""Networks, data, training, export and evaluation (PyTorch); the runtime in ``rtiass`` never imports this package."""
