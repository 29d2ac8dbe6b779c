"""Images a second of a variational autoencoder, beside pythae's trainer and a bare PyTorch loop."""

import statistics
import sys
import tempfile

import numpy as np

from tests.benchmarks.turns import compete, serve

TITLE = "Training speed of the basic VAE, 784-400-20"
PROTOCOL = (
    "20,000 random images of 784 pixels, batch 128, Adam 1e-3, ReLU, Bernoulli likelihood and KL "
    "divergence summed, one draw of z; median of 7 epochs after one of warm-up, the contenders "
    "taking turns epoch by epoch in processes that otherwise sleep; share = multiply-adds of the "
    "model's matrix products over the rate of NumPy's 2,048² float32 product, measured in the "
    "same turns. pythae 0.1.2 takes part where it is installed"
)
IMAGES, BATCH, ROUNDS, HIDDEN, CODE = 20_000, 128, 7, 400, 20
CONTENDERS = {
    "pythae's trainer": "pythae",
    "PyTorch loop": "torch",
    "fit on tensorflow": "tensorflow",
    "fit on jax": "jax",
}


def epoch_of(contender):
    """A function that trains for one epoch."""
    if contender == "pythae's trainer":
        return pythae_epoch()
    if contender == "PyTorch loop":
        return pytorch_epoch()
    import keras

    from course_lib.models import VAE

    dense = keras.layers.Dense
    encoder = keras.Sequential([dense(HIDDEN, "relu"), dense(2 * CODE)])
    vae = VAE(encoder, keras.Sequential([dense(HIDDEN, "relu"), dense(784)]))
    vae.compile(keras.optimizers.Adam(1e-3))
    x = np.random.default_rng(0).random((IMAGES, 784), "float32")
    return lambda: vae.fit(x, batch_size=BATCH, verbose=0)


def pytorch_parts():
    from torch import nn

    body = nn.Sequential(nn.Linear(784, HIDDEN), nn.ReLU())
    heads = nn.Linear(HIDDEN, CODE), nn.Linear(HIDDEN, CODE)
    decoder = nn.Sequential(nn.Linear(CODE, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 784))
    return body, *heads, decoder


def pytorch_epoch():
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    parts = pytorch_parts()
    body, of_mean, of_log_variance, decoder = parts
    optimizer = torch.optim.Adam(torch.nn.ModuleList(parts).parameters())
    x = torch.rand(IMAGES, 784)

    def epoch():
        order = torch.randperm(IMAGES)
        for i in range(0, IMAGES, BATCH):
            batch = x[order[i : i + BATCH]]
            h = body(batch)
            mean, log_variance = of_mean(h), of_log_variance(h)
            z = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
            nll = binary_cross_entropy_with_logits(decoder(z), batch, reduction="sum")
            kl = 0.5 * (log_variance.exp() - 1 - log_variance + mean**2).sum()
            loss = (nll + kl) / len(batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def pythae_epoch():
    import torch
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    body, of_mean, of_log_variance, layers = pytorch_parts()

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.body, self.mean, self.log_variance = body, of_mean, of_log_variance

        def forward(self, x):
            h = self.body(x.reshape(len(x), -1))
            return ModelOutput(embedding=self.mean(h), log_covariance=self.log_variance(h))

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.layers = layers

        def forward(self, z):
            # pythae takes probabilities.
            images = torch.sigmoid(self.layers(z)).reshape(-1, 1, 28, 28)
            return ModelOutput(reconstruction=images)

    config = VAEConfig(input_dim=(1, 28, 28), latent_dim=CODE, reconstruction_loss="bce")
    data = torch.rand(IMAGES, 1, 28, 28)
    trainer = BaseTrainer(
        VAE(config, Encoder(), Decoder()),
        BaseDataset(data, torch.ones(IMAGES)),
        training_config=BaseTrainerConfig(
            output_dir=tempfile.mkdtemp(),
            num_epochs=1,
            per_device_train_batch_size=BATCH,
            learning_rate=1e-3,
            no_cuda=True,
        ),
    )
    trainer.prepare_training()
    return lambda: trainer.train_step(1)


def run():
    seconds, products = compete("bench_vae", CONTENDERS, "", ROUNDS)
    adds = 3 * 2 * (784 * HIDDEN + 2 * HIDDEN * CODE + CODE * HIDDEN + HIDDEN * 784) / 2
    ideal = IMAGES * adds * statistics.median(products)
    base = seconds["PyTorch loop"]
    return [
        {
            "contender": contender,
            "images a second": IMAGES / statistics.median(took),
            "times the loop": statistics.median(b / t for b, t in zip(base, took, strict=True)),
            "share of matrix rate": ideal / statistics.median(took),
        }
        for contender, took in seconds.items()
    ]


if __name__ == "__main__":
    serve(epoch_of(sys.argv[1]))
