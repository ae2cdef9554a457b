"""The two GANs in PyTorch, eager: the same networks, by the order of PyTorch's own DCGAN example.

One generator pass; the discriminator on real, on fake, and, once updated, on the same fake again
(github.com/pytorch/examples, dcgan). PyTorch is no dependency of kgen; without it this peer is not measured.
"""

import torch
from torch import nn

LATENT_DIM = 100


def make(name, batch_size):
    """One training step, on a fixed batch, warmed up.

    Args:
        name: a key of `PEERS`.
        batch_size: pictures a step.

    Returns:
        Function of no argument that takes one step and returns dict name -> scalar, its losses.
    """
    networks, low, adam = PEERS[name]
    step, images = eager_step(*networks(), **adam), pictures(batch_size, low)
    for _ in range(2):
        step(images)
    return lambda: step(images)


def pictures(batch_size, low=0.0):
    """float32 [batch_size, 1, 28, 28] in [low, 1], four fifths of it background as in MNIST."""
    generator = torch.Generator().manual_seed(0)
    ink = (5.0 * torch.rand([batch_size, 1, 28, 28], generator=generator) - 4.0).clamp(min=0.0)
    return low + (1.0 - low) * ink


def tutorial_networks():
    """The networks of TensorFlow's DCGAN tutorial, with its numbers in PyTorch's terms."""
    generator = nn.Sequential(
        nn.Linear(LATENT_DIM, 7 * 7 * 256, bias=False),
        nn.BatchNorm1d(7 * 7 * 256, eps=1e-3, momentum=0.01),
        nn.LeakyReLU(0.3),
        nn.Unflatten(1, [256, 7, 7]),
        nn.ConvTranspose2d(256, 128, 5, stride=1, padding=2, bias=False),
        nn.BatchNorm2d(128, eps=1e-3, momentum=0.01),
        nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(128, 64, 5, stride=2, padding=2, output_padding=1, bias=False),
        nn.BatchNorm2d(64, eps=1e-3, momentum=0.01),
        nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(64, 1, 5, stride=2, padding=2, output_padding=1, bias=False),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, 64, 5, stride=2, padding=2),
        nn.LeakyReLU(0.3),
        nn.Dropout(0.3),
        nn.Conv2d(64, 128, 5, stride=2, padding=2),
        nn.LeakyReLU(0.3),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(7 * 7 * 128, 1),
    )
    return generator, discriminator


def dense_networks():
    """Generator 100-1024-1024-784, sigmoid, and discriminator 784-1024-1024-1."""
    picture = nn.Linear(1024, 784), nn.Sigmoid(), nn.Unflatten(1, [1, 28, 28])
    generator = nn.Sequential(*_hidden(LATENT_DIM), *picture)
    discriminator = nn.Sequential(nn.Flatten(), *_hidden(784), nn.Linear(1024, 1))
    return generator, discriminator


def _hidden(size):
    return nn.Linear(size, 1024), nn.LeakyReLU(0.2), nn.Linear(1024, 1024), nn.LeakyReLU(0.2)


def eager_step(generator, discriminator, **adam):
    """The example's training step.

    Args:
        generator: network of latents [batch, 100].
        discriminator: network that gives logits [batch, 1].
        **adam: of both optimisers.

    Returns:
        Function of images; it takes one step and returns the losses.
    """
    cross_entropy = nn.BCEWithLogitsLoss()
    generator_optimizer = torch.optim.Adam(generator.parameters(), **adam)
    discriminator_optimizer = torch.optim.Adam(discriminator.parameters(), **adam)

    def step(images):
        real, fake = torch.ones(len(images), 1), torch.zeros(len(images), 1)
        discriminator_optimizer.zero_grad()
        real_loss = cross_entropy(discriminator(images), real)
        real_loss.backward()
        samples = generator(torch.randn(len(images), LATENT_DIM))
        fake_loss = cross_entropy(discriminator(samples.detach()), fake)
        fake_loss.backward()
        discriminator_optimizer.step()
        generator_optimizer.zero_grad()
        generator_loss = cross_entropy(discriminator(samples), real)
        generator_loss.backward()
        generator_optimizer.step()
        discriminator_loss = real_loss.detach() + fake_loss.detach()
        return {"generator_loss": generator_loss.detach(), "discriminator_loss": discriminator_loss}

    return step


PEERS = {
    "torch_dcgan": (tutorial_networks, -1.0, {"lr": 1e-4}),
    "torch_dense": (dense_networks, 0.0, {"lr": 2e-4, "betas": (0.5, 0.999)}),
}
