"""The autoencoders, one file each."""

from course_lib.models.base import Autoencoder
from course_lib.models.linear import LinearAutoencoder
from course_lib.models.sparse import SparseAutoencoder

__all__ = ["Autoencoder", "LinearAutoencoder", "SparseAutoencoder"]
