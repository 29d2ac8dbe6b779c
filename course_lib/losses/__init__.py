"""Losses: per-example values, in nats where they are likelihoods."""

from course_lib.losses.adversarial import discriminator_nll as discriminator_nll
from course_lib.losses.adversarial import generator_nll as generator_nll
from course_lib.losses.aggregate import kl_parts as kl_parts
from course_lib.losses.aggregate import stratified_weights as stratified_weights
from course_lib.losses.contraction import contraction_chain as contraction_chain
from course_lib.losses.contraction import contraction_dense as contraction_dense
from course_lib.losses.contraction import contraction_exact as contraction_exact
from course_lib.losses.contraction import dense_stack as dense_stack
from course_lib.losses.contraction_probes import contraction_probe as contraction_probe
from course_lib.losses.contraction_probes import curvature_probe as curvature_probe
from course_lib.losses.divergence import imq_kernel as imq_kernel
from course_lib.losses.divergence import kl_per_unit as kl_per_unit
from course_lib.losses.divergence import kl_to_standard_normal as kl_to_standard_normal
from course_lib.losses.divergence import mmd as mmd
from course_lib.losses.divergence import rbf_kernel as rbf_kernel
from course_lib.losses.likelihood import BernoulliNLL as BernoulliNLL
from course_lib.losses.likelihood import GaussianNLL as GaussianNLL
from course_lib.losses.likelihood import Likelihood as Likelihood
from course_lib.losses.likelihood import MultinomialNLL as MultinomialNLL
from course_lib.losses.log_variance import bounded_log_variance as bounded_log_variance
from course_lib.losses.nll import bernoulli_nll as bernoulli_nll
from course_lib.losses.nll import gaussian_nll as gaussian_nll
from course_lib.losses.nll import multinomial_nll as multinomial_nll
