"""The autoencoders, one file each."""

from course_lib.models.adversarial.aae import AdversarialAutoencoder
from course_lib.models.adversarial.bigan import BiGAN
from course_lib.models.adversarial.clustering import ClusteringAAE
from course_lib.models.adversarial.semi_supervised import SemiSupervisedAAE
from course_lib.models.base import Autoencoder
from course_lib.models.contractive import ContractiveAutoencoder
from course_lib.models.convolutional import ConvAutoencoder
from course_lib.models.convolutional_predictive import ConvolutionalPSD
from course_lib.models.denoising import DenoisingAutoencoder
from course_lib.models.linear import LinearAutoencoder
from course_lib.models.parametric_tsne import ParametricTSNE
from course_lib.models.pixel.cnn import PixelCNN
from course_lib.models.pixel.made import MADE
from course_lib.models.pixel.rnn import PixelRNN
from course_lib.models.predictive import PredictiveSparseDecomposition
from course_lib.models.semantic_hashing import SemanticHashing
from course_lib.models.sequence.autoencoder import SequenceAutoencoder
from course_lib.models.sequence.recursive import RecursiveAutoencoder
from course_lib.models.sparse import SparseAutoencoder
from course_lib.models.stacked import StackedAutoencoder
from course_lib.models.variational.conditional import ConditionalVAE
from course_lib.models.variational.factor import FactorVAE
from course_lib.models.variational.importance import IWAE
from course_lib.models.variational.info import InfoVAE
from course_lib.models.variational.tcvae import BetaTCVAE
from course_lib.models.variational.vae import VAE

__all__ = [
    "IWAE",
    "MADE",
    "VAE",
    "AdversarialAutoencoder",
    "Autoencoder",
    "BetaTCVAE",
    "BiGAN",
    "ClusteringAAE",
    "ConditionalVAE",
    "ContractiveAutoencoder",
    "ConvAutoencoder",
    "ConvolutionalPSD",
    "DenoisingAutoencoder",
    "FactorVAE",
    "InfoVAE",
    "LinearAutoencoder",
    "ParametricTSNE",
    "PixelCNN",
    "PixelRNN",
    "PredictiveSparseDecomposition",
    "RecursiveAutoencoder",
    "SemanticHashing",
    "SemiSupervisedAAE",
    "SequenceAutoencoder",
    "SparseAutoencoder",
    "StackedAutoencoder",
]
