"""Fitting a network with Lightning: the module, its data, averaged weights, budget, run folder and log."""
