"""Convolutional language model: a temporal convolutional network that says how likely each token is.

Reference: Bai, Kolter & Koltun 2018, arXiv 1803.01271.
"""

import keras

from kgen.errors import number_in, positive_integer
from kgen.language import LanguageModel
from kgen.networks.causal import CausalNetwork


@keras.saving.register_keras_serializable("kgen")
class ConvolutionalLanguageModel(LanguageModel):
    """Language model of dilated causal convolutions in residual blocks.

    p(y_t | y_<t) = softmax(W h_t + b), where h_t sees the last 1 + 2 (k - 1) (2^n - 1) tokens before y_t for kernels
    of size k in n blocks: 253 by default.

    Args:
        vocabulary: `kgen.datasets.Vocabulary`, or the number of tokens of sequences that are no text.
        channels: of each block.
        kernel_size: taps of each convolution.
        num_blocks: residual blocks of two convolutions; the dilation doubles from one to the next.
        embedding_dim: numbers of a token's embedding.
        tied_embeddings: whether W is made of the embeddings, behind a projection where `channels` is another number
            than `embedding_dim`.
        weight_normalization: whether kernels have their length as a parameter of its own.
        dropout: share dropped of the embedding's and of each convolution's channels, the same ones at all places of
            a row.
        initializer: of every weight, biases included; None for uniform embeddings, He's and Glorot's kernels.
        kernel_regularizer: of every kernel.
        sequence_length: most tokens of a text that is generated, or given to `fit` as a string.
        seed, name: see `GenerativeModel`.

    Raises:
        ValueError: for arguments out of range.

    Example:

    >>> vocabulary = kgen.datasets.Vocabulary.of(["to be or not to be"])
    >>> model = kgen.ConvolutionalLanguageModel(vocabulary, channels=8, num_blocks=2, sequence_length=12)
    >>> len(model.generate(1, prompt="to be", seed=0)[0])
    17

    Reference: Bai 2018, section 3, arXiv 1803.01271.
    """

    def __init__(
        self,
        vocabulary,
        channels=128,
        kernel_size=3,
        num_blocks=6,
        embedding_dim=64,
        tied_embeddings=False,
        weight_normalization=True,
        dropout=0.0,
        initializer=None,
        kernel_regularizer=None,
        sequence_length=256,
        seed=0,
        name=None,
    ):
        super().__init__(vocabulary, sequence_length, seed=seed, name=name)
        sizes = {"channels": channels, "num_blocks": num_blocks, "embedding_dim": embedding_dim}
        for argument, size in {**sizes, "kernel_size": kernel_size}.items():
            positive_integer(argument, size)
        number_in("dropout", dropout, 0, 1)
        self.network = CausalNetwork(
            self.vocabulary.size,
            kernel_size=kernel_size,
            tied_embeddings=tied_embeddings,
            weight_normalization=weight_normalization,
            dropout=dropout,
            initializer=initializer,
            kernel_regularizer=keras.regularizers.get(kernel_regularizer),
            name="network",
            **sizes,
        )
