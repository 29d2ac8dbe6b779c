"""Metrics: arrays in, NumPy out; errors and angles, so lower is better."""

from course_lib.metrics.error import squared_error as squared_error
from course_lib.metrics.likelihood import importance_bound as importance_bound
from course_lib.metrics.likelihood import importance_nll as importance_nll
from course_lib.metrics.probe import knn_error as knn_error
from course_lib.metrics.probe import linear_probe_error as linear_probe_error
from course_lib.metrics.subspace import principal_angles as principal_angles
