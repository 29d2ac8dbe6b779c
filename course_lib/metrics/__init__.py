"""Metrics: arrays in, NumPy out. Of errors, angles and nats less is better, of scores more."""

from course_lib.metrics.codes import activity as activity
from course_lib.metrics.codes import sensitivity as sensitivity
from course_lib.metrics.disentangle import active_units as active_units
from course_lib.metrics.disentangle import factor_vae_score as factor_vae_score
from course_lib.metrics.disentangle import higgins_score as higgins_score
from course_lib.metrics.disentangle import mutual_information_gap as mutual_information_gap
from course_lib.metrics.error import squared_error as squared_error
from course_lib.metrics.features import ImageFeatures as ImageFeatures
from course_lib.metrics.frechet import frechet_distance as frechet_distance
from course_lib.metrics.likelihood import importance_bound as importance_bound
from course_lib.metrics.likelihood import importance_nll as importance_nll
from course_lib.metrics.neighbours import class_overlap as class_overlap
from course_lib.metrics.neighbours import continuity as continuity
from course_lib.metrics.neighbours import neighbour_error as neighbour_error
from course_lib.metrics.neighbours import trustworthiness as trustworthiness
from course_lib.metrics.parzen import parzen_log_likelihood as parzen_log_likelihood
from course_lib.metrics.probe import knn_error as knn_error
from course_lib.metrics.probe import linear_probe_error as linear_probe_error
from course_lib.metrics.ranking import mean_average_precision as mean_average_precision
from course_lib.metrics.ranking import precision_at as precision_at
from course_lib.metrics.ranking import precision_recall as precision_recall
from course_lib.metrics.retrieval import retrieval_precision as retrieval_precision
from course_lib.metrics.subspace import principal_angles as principal_angles
