"""The autoencoders, one file each."""

from course_lib.models.adversarial import AdversarialAutoencoder
from course_lib.models.base import Autoencoder
from course_lib.models.clustering import ClusteringAAE
from course_lib.models.conditional import ConditionalVAE
from course_lib.models.contractive import ContractiveAutoencoder
from course_lib.models.convolutional import ConvAutoencoder
from course_lib.models.convolutional_predictive import ConvolutionalPSD
from course_lib.models.denoising import DenoisingAutoencoder
from course_lib.models.factor import FactorVAE
from course_lib.models.importance import IWAE
from course_lib.models.info import InfoVAE
from course_lib.models.linear import LinearAutoencoder
from course_lib.models.predictive import Gain, PredictiveSparseDecomposition
from course_lib.models.semi_supervised import SemiSupervisedAAE
from course_lib.models.sparse import SparseAutoencoder
from course_lib.models.sparse_coding import fista
from course_lib.models.stacked import StackedAutoencoder
from course_lib.models.tcvae import BetaTCVAE
from course_lib.models.variational import VAE

__all__ = [
    "IWAE",
    "VAE",
    "AdversarialAutoencoder",
    "Autoencoder",
    "BetaTCVAE",
    "ClusteringAAE",
    "ConditionalVAE",
    "ContractiveAutoencoder",
    "ConvAutoencoder",
    "ConvolutionalPSD",
    "DenoisingAutoencoder",
    "FactorVAE",
    "Gain",
    "InfoVAE",
    "LinearAutoencoder",
    "PredictiveSparseDecomposition",
    "SemiSupervisedAAE",
    "SparseAutoencoder",
    "StackedAutoencoder",
    "fista",
]
