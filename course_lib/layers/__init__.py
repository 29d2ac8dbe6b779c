"""Layers: one file per idea."""

from course_lib.layers.corruption import Corruption as Corruption
from course_lib.layers.corruption import GaussianCorruption as GaussianCorruption
from course_lib.layers.corruption import MaskingCorruption as MaskingCorruption
from course_lib.layers.corruption import SaltAndPepperCorruption as SaltAndPepperCorruption
from course_lib.layers.gain import Gain as Gain
from course_lib.layers.likelihood_mean import LikelihoodMean as LikelihoodMean
from course_lib.layers.pooling import MaxPoolWithSwitches as MaxPoolWithSwitches
from course_lib.layers.pooling import Unpool as Unpool
from course_lib.layers.pooling import zero_stuff as zero_stuff
from course_lib.layers.priors import CategoricalPrior as CategoricalPrior
from course_lib.layers.priors import GaussianPrior as GaussianPrior
from course_lib.layers.priors import Prior as Prior
from course_lib.layers.priors import RingPrior as RingPrior
from course_lib.layers.priors import SwissRollPrior as SwissRollPrior
from course_lib.layers.recurrent_decoder import RecurrentDecoder as RecurrentDecoder
from course_lib.layers.sampling import GaussianSampling as GaussianSampling
from course_lib.layers.shrinkage import LISTA as LISTA
from course_lib.layers.shrinkage import SoftThreshold as SoftThreshold
from course_lib.layers.shrinkage import soft_threshold as soft_threshold
from course_lib.layers.sparsity import KLPenalty as KLPenalty
from course_lib.layers.sparsity import L1Penalty as L1Penalty
from course_lib.layers.tied import TiedDense as TiedDense
from course_lib.layers.top_k import TopK as TopK
