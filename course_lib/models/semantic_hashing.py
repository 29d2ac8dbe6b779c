"""Semantic hashing: a document's words → a code, and from the code the words again.

    code     h = f(8 m ⊙ x / ‖m ⊙ x‖),   m ~ Bernoulli(.3) in training, m = 1 otherwise
    words    −log p(y | h) = −Σᵥ yᵥ log softmax(g(h))ᵥ

Most words are hidden, and all are to be predicted. Documents of one length, and words that
stand everywhere held down (TF-IDF), make codes that find more than counts do.

Reference: Salakhutdinov and Hinton, Semantic hashing, 2009,
https://doi.org/10.1016/j.ijar.2008.11.006. Hinton and Salakhutdinov, Reducing the dimensionality
of data with neural networks, 2006, https://doi.org/10.1126/science.1127647.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from course_lib.layers.binary import BinaryCode
from course_lib.layers.corruption import MaskingCorruption
from course_lib.layers.direction import Direction
from course_lib.models.denoising import DenoisingAutoencoder
from course_lib.training.sparse import dense, is_sparse
from course_lib.validation import Tensor, check_number, check_whole

# A unit vector's entries are small for weights that start as those of Keras do.
LENGTH = 8


@keras.saving.register_keras_serializable("course_lib")
class SemanticHashing(DenoisingAutoencoder):
    """A denoising autoencoder of bags of words.

    minimises  E_x E_m[ −Σᵥ xᵥ log softmax(g(f(m ⊙ x)))ᵥ ],  nats per document

    What it reads is scaled to one length, so that neither the length of a document nor the unit
    of its weights matters. What it predicts is x as it is, or y: counts, for nats that are
    exact, or weights. It is best at finding with TF-IDF weights as both, as in the example.

    Takes SciPy sparse matrices as well as arrays; they are made dense a batch at a time. All
    documents without a known word have one code, that of no words.

    Args:
        features: V, the number of words.
        code: K, the number of units of the code.
        hidden: widths of the encoder's layers; the decoder has them in reverse.
        binarise: a `course_lib.layers.BinaryCode` that ends the encoder; by default the code is
            linear.
        hide: share of the words that are hidden in training, at least 0, less than 1. Few
            documents, and long ones, want more of them hidden.
        seed: whole number of at least 0 that fixes what is hidden.
        name: model name.
        **kwargs: `dtype` of `keras.Model`.

    Raises:
        ValueError: if a number is out of range, or `binarise` is no `BinaryCode`.

    Reference: Salakhutdinov and Hinton, 2009, https://doi.org/10.1016/j.ijar.2008.11.006.

    Example:

    >>> from sklearn.feature_extraction.text import TfidfTransformer
    >>> counts = np.random.default_rng(0).poisson(1.0, size=(40, 20))
    >>> x = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    >>> model = SemanticHashing(20, code=16, hidden=(8,), binarise=BinaryCode(noise=1.0))
    >>> model.compile("adam")
    >>> history = model.fit(x, verbose=0)
    >>> model.encode(x).shape, model.hash(x).shape
    ((40, 16), (40, 2))
    """

    takes_sparse = True

    def __init__(
        self,
        features: int,
        code: int = 32,
        hidden: Sequence[int] = (500, 250),
        binarise: BinaryCode | None = None,
        hide: float = 0.7,
        seed: int | None = None,
        name: str | None = None,
        **kwargs,
    ):
        features, code = check_whole("features", features, low=1), check_whole("code", code, low=1)
        hidden = tuple(check_whole("hidden", width, low=1) for width in hidden)
        hide = check_number("hide", hide, low=0, below=1)
        if not (binarise is None or isinstance(binarise, BinaryCode)):
            raise ValueError(f"binarise must be a BinaryCode, but is {binarise!r}.")
        dtype = {"dtype": kwargs.get("dtype")}
        encoder = [
            keras.Input((features,)),
            Direction(LENGTH, **dtype),
            *(layers.Dense(width, "relu", **dtype) for width in hidden),
            # What a BinaryCode centres needs no bias.
            layers.Dense(code, use_bias=binarise is None, **dtype),
        ]
        decoder = [
            keras.Input((code,)),
            *(layers.Dense(width, "relu", **dtype) for width in hidden[::-1]),
            layers.Dense(features, **dtype),
        ]
        super().__init__(
            keras.Sequential(encoder + ([] if binarise is None else [binarise]), name="encoder"),
            keras.Sequential(decoder, name="decoder"),
            MaskingCorruption(hide, seed, **dtype),
            likelihood="multinomial",
            name=name,
            **kwargs,
        )
        self.features, self.code, self.hidden = features, code, hidden
        self.binarise, self.hide, self.seed = binarise, self.corruption.rate, self.corruption.seed
        self.build((None, features))

    def encode(self, x: Any, batch_size: int | None = None) -> Tensor:
        """Codes `(N, K)` of documents `(N, V)`: deterministic, two calls agree.

        Args:
            x: an array, a tensor or a SciPy sparse matrix.
            batch_size: documents at a time, which bounds memory.
        """
        if not is_sparse(x):
            return super().encode(x, batch_size)
        size = 128 if batch_size is None else check_whole("batch_size", batch_size, low=1)
        starts = range(0, x.shape[0] or 1, size)
        x = x.tocsr()
        return np.concatenate(
            [super(SemanticHashing, self).encode(dense(x[i : i + size])) for i in starts]
        )

    def hash(self, x: Any, batch_size: int | None = None) -> np.ndarray:
        """Bits of documents: which units of the code are above 0, eight to a byte.

        Args:
            x: an array, a tensor or a SciPy sparse matrix, `(N, V)`.
            batch_size: documents at a time, which bounds memory.

        Returns:
            NumPy uint8 of shape `(N, ⌈K/8⌉)`, as `np.packbits` makes it.

        Raises:
            ValueError: if the code is not binary.
        """
        if self.binarise is None:
            raise ValueError(
                "binarise must be a BinaryCode to hash, but is None; a real code is made binary "
                "by course_lib.search.ITQ."
            )
        return np.packbits(ops.convert_to_numpy(self.encode(x, batch_size)) > 0, axis=1)

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        return {
            "features": self.features,
            "code": self.code,
            "hidden": self.hidden,
            "binarise": None if self.binarise is None else serialize(self.binarise),
            "hide": self.hide,
            "seed": self.seed,
            "name": self.name,
            "dtype": serialize(self.dtype_policy),
        }
