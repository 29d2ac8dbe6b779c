"""Layers, losses and models of an open course on autoencoders in Keras 3."""

__version__ = "0.1.0"
