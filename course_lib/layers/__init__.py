"""Layers: one file per idea."""

from course_lib.layers.sparsity import KLPenalty as KLPenalty
from course_lib.layers.sparsity import L1Penalty as L1Penalty
from course_lib.layers.sparsity import TopK as TopK
from course_lib.layers.tied import TiedDense as TiedDense
