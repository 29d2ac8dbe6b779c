"""Losses: per-example values, in nats where they are likelihoods."""

from course_lib.losses.likelihood import BernoulliNLL as BernoulliNLL
from course_lib.losses.likelihood import GaussianNLL as GaussianNLL
from course_lib.losses.likelihood import Likelihood as Likelihood
from course_lib.losses.likelihood import bernoulli_nll as bernoulli_nll
from course_lib.losses.likelihood import gaussian_nll as gaussian_nll
