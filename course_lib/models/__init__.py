"""The autoencoders, one file each."""

from course_lib.models.base import Autoencoder
from course_lib.models.linear import LinearAutoencoder

__all__ = ["Autoencoder", "LinearAutoencoder"]
