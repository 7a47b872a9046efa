"""Inference engines that come with rtiass; each is a plug-in of the entry-point group ``rtiass.engines``."""
