"""Layers: one file per idea."""

from course_lib.layers.pooling import MaxPoolWithSwitches as MaxPoolWithSwitches
from course_lib.layers.pooling import Unpool as Unpool
from course_lib.layers.pooling import zero_stuff as zero_stuff
from course_lib.layers.sparsity import KLPenalty as KLPenalty
from course_lib.layers.sparsity import L1Penalty as L1Penalty
from course_lib.layers.sparsity import TopK as TopK
from course_lib.layers.tied import TiedDense as TiedDense
