"""The live host: an audio device in, separated stems out, at a fixed and known latency.

One child process (``worker``) holds the device, the callback and the separator; the parent (``host``) holds screens and
control and watches over the child. They share one block of memory (``state``).
"""
