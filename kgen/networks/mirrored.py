"""A generator and a discriminator that mirror each other, dense or convolutional.

References: Goodfellow 2014, arXiv 1406.2661; Radford 2016, arXiv 1511.06434.
"""

from kgen.errors import invalid, one_of, positive_integer
from kgen.networks import convolutional, dense

KINDS = (None, "dense", "convolutional")


def pair(
    model,
    network=None,
    width=64,
    hidden_units=(512, 512, 512),
    generator_normalization="batch",
    discriminator_normalization=None,
    kernel_regularizer=None,
):
    """Both networks of a two-player model, built from its shapes.

    Args:
        model: gives `image_shape`, `discriminator_shape`, `code_dim`, `output_activation` and `discriminator_form`.
        network: "dense" or "convolutional"; None takes what fits: dense for vectors.
        width: channels at half resolution, of convolutional networks.
        hidden_units: units of each hidden layer, of dense networks.
        generator_normalization: "batch", "layer", "instance" or None.
        discriminator_normalization: the same.
        kernel_regularizer: of every kernel.

    Returns:
        (generator, discriminator).

    Raises:
        ValueError: another word, or convolutions for vectors or for pictures smaller than 8 x 8.

    Example:

    >>> model = kgen.GAN((2,), latent_dim=3, hidden_units=(4,))
    >>> generator, discriminator = kgen.networks.pair(model, hidden_units=(4, 4))
    >>> generator.input_shape, generator.output_shape, discriminator.input_shape, discriminator.output_shape
    ((None, 3), (None, 2), (None, 2), (None, 1))
    """
    one_of("network", network, KINDS)
    positive_integer("width", width)
    network = network or ("convolutional" if model.is_picture else "dense")
    if network == "convolutional" and min(model.image_shape[:-1], default=0) < 8:
        expected = 'sides of at least 8 where network="convolutional"'
        raise invalid("image_shape", expected, image_shape=model.image_shape)
    kind = {"dense": dense, "convolutional": convolutional}[network]
    form = {"width": width} if kind is convolutional else {"hidden_units": tuple(hidden_units)}
    form |= {"kernel_regularizer": kernel_regularizer}
    generator = kind.decoder(
        model.code_dim,
        model.image_shape,
        activation="relu",
        normalization=generator_normalization,
        output_activation=model.output_activation,
        name="generator",
        **form,
    )
    discriminator = kind.encoder(
        model.discriminator_shape,
        normalization=discriminator_normalization,
        **model.discriminator_form,
        **form,
    )
    return generator, discriminator
