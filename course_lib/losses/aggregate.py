"""The KL divergence of a batch of posteriors from N(0, I), in three parts.

    E_x KL(q(z|x) ‖ p(z)) = I(x; z)  +  KL(q(z) ‖ Πⱼ q(zⱼ))  +  Σⱼ KL(q(zⱼ) ‖ p(zⱼ))
                            mutual      total                   unit by unit
                            information correlation

q(z) = (1/N) Σₙ q(z|xₙ) is the aggregate posterior. From a batch of B of the N examples it is
estimated with stratified weights, for example i

    q(zᵢ) ≈ Σⱼ Wᵢⱼ q(zᵢ|xⱼ),     Wᵢᵢ = 1/N,     Wᵢⱼ = (N − 1) / (N (B − 1))  for j ≠ i

whose rows sum to 1 and whose mean over batches is q(zᵢ) exactly. (Chen et al. give one other
example a weight of its own and the rest 1/(B − 1). Averaged over which one that is, this is
theirs: the same mean, no more variance, and no error at all where the batch is all the data.)

Reference: Chen, Li, Grosse and Duvenaud, Isolating sources of disentanglement in variational
    autoencoders, 2018, https://arxiv.org/abs/1802.04942. Hoffman and Johnson, ELBO surgery, 2016,
    http://approximateinference.org/2016/accepted/HoffmanJohnson2016.pdf.
"""

import math
import numbers

from keras import ops

from course_lib.losses.log_variance import bounded_log_variance
from course_lib.losses.sums import in_one_dtype
from course_lib.validation import Tensor, check_array, check_same_shape, check_whole


def stratified_weights(
    batch_size: int | Tensor, dataset_size: int, dtype: str = "float32"
) -> Tensor:
    """Weights Wᵢⱼ that make a batch's sum over q(zᵢ|xⱼ) an unbiased estimate of q(zᵢ).

    A batch of one example, which may be an epoch's last, says nothing of the others: its weight
    is 1.

    Args:
        batch_size: B, at least 1: a whole number, or a scalar tensor.
        dataset_size: N, at least B, and at least 2.
        dtype: of the weights.

    Returns:
        A tensor of shape `(B, B)` with rows that sum to 1.

    Raises:
        ValueError: if a number is out of range: the batch empty, or larger than the data.

    Reference: Chen et al., 2018, appendix C.1, https://arxiv.org/abs/1802.04942.

    Example:

    >>> print(ops.convert_to_numpy(stratified_weights(3, 4)))
    [[0.25  0.375 0.375]
     [0.375 0.25  0.375]
     [0.375 0.375 0.25 ]]
    """
    dataset_size = check_whole("dataset_size", dataset_size, low=2)
    if isinstance(batch_size, numbers.Number):
        batch_size = check_whole("batch_size", batch_size, low=1, high=dataset_size)
    count = ops.cast(batch_size, dtype)
    others = (dataset_size - 1) / (dataset_size * ops.maximum(count - 1, 1))
    own = ops.cast(ops.where(count == 1, 1.0, 1 / dataset_size), dtype)
    return ops.where(ops.eye(batch_size, dtype="bool"), own, others)


def kl_parts(
    z: Tensor, mean: Tensor, log_variance: Tensor, dataset_size: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Estimates of mutual information, total correlation and unit-wise KL, example by example.

        I   log q(zᵢ|xᵢ) − log q(zᵢ)
        TC  log q(zᵢ) − Σⱼ log q(zᵢⱼ)
        KL  Σⱼ [ log q(zᵢⱼ) − log p(zᵢⱼ) ]

    Their sum is log q(zᵢ|xᵢ) − log p(zᵢ), the usual one-draw estimate of the KL divergence.

    Args:
        z: draws from the posteriors, floats of shape `(B, K)`.
        mean: m of each posterior, the same shape.
        log_variance: s = log σ², the same shape, held from −30 to 20 by `bounded_log_variance`.
        dataset_size: N, examples that the batch was drawn from.

    Returns:
        Three tensors of nats, each of shape `(B,)`.

    Raises:
        ValueError: if the shapes differ, or the batch does not fit the data.

    Reference: Chen et al., 2018, section 3, https://arxiv.org/abs/1802.04942.

    Example:

    >>> import keras
    >>> z = keras.random.normal((4, 2), seed=0)
    >>> parts = kl_parts(z, ops.zeros((4, 2)), ops.zeros((4, 2)), dataset_size=4)
    >>> [f"{float(ops.max(ops.abs(part))):.4f}" for part in parts]  # q(z|x) = p(z) for all x
    ['0.0000', '0.0000', '0.0000']
    """
    for name, value in (("z", z), ("mean", mean), ("log_variance", log_variance)):
        check_array(name, value, rank=2)
        check_same_shape(name, value, "z", z)
    z, mean, log_variance = in_one_dtype(z, mean, bounded_log_variance(log_variance))
    batch_size = z.shape[0] if z.shape[0] is not None else ops.shape(z)[0]
    log_weights = ops.log(stratified_weights(batch_size, dataset_size, z.dtype))
    # [i, j, k]: unit k of draw i under the posterior of example j
    pairs = _log_normal(z[:, None], mean[None], log_variance[None])
    joint = ops.logsumexp(log_weights + ops.sum(pairs, axis=2), axis=1)
    product = ops.sum(ops.logsumexp(log_weights[:, :, None] + pairs, axis=1), axis=1)
    own = ops.sum(_log_normal(z, mean, log_variance), axis=1)
    prior = ops.sum(_log_normal(z, ops.zeros_like(z), ops.zeros_like(z)), axis=1)
    return own - joint, joint - product, product - prior


def _log_normal(z, mean, log_variance):
    scaled = ops.square(z - mean) * ops.exp(-log_variance)
    return -0.5 * (scaled + log_variance + math.log(2 * math.pi))
