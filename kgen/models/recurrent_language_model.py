"""Recurrent language model: an LSTM or a GRU that says how likely each token is after those before it.

Reference: Mikolov et al. 2010, "Recurrent neural network based language model"; Graves 2013, arXiv 1308.0850.
"""

import keras

from kgen.errors import number_in, one_of, positive_integer
from kgen.language import LanguageModel
from kgen.networks.cells import CELLS
from kgen.networks.recurrent import RecurrentNetwork


@keras.saving.register_keras_serializable("kgen")
class RecurrentLanguageModel(LanguageModel):
    """Language model of stacked recurrent layers.

    p(y_t | y_<t) = softmax(W h_t + b), h_t the last layer's state after the embeddings of y_0 ... y_{t-1}.

    Args:
        vocabulary: `kgen.datasets.Vocabulary`, or the number of tokens of sequences that are no text.
        cell: "lstm" or "gru".
        units: of each layer.
        num_layers: recurrent layers.
        embedding_dim: numbers of a token's embedding.
        tied_embeddings: whether W is made of the embeddings, behind a projection where `units` is another number
            than `embedding_dim`.
        dropout: share dropped of what each layer reads and of what the last gives, the same units at all places of
            a row.
        initializer: of every weight, biases included, such as `keras.initializers.RandomNormal(stddev=0.1)`; None
            for uniform embeddings, Glorot's and orthogonal kernels, and 1 as the bias of an LSTM's forget gate.
        kernel_regularizer: of every kernel.
        sequence_length: most tokens of a text that is generated, or given to `fit` as a string.
        seed, name: see `GenerativeModel`.

    Raises:
        ValueError: for arguments out of range.

    Example:

    >>> vocabulary = kgen.datasets.Vocabulary.of(["to be or not to be"])
    >>> model = kgen.RecurrentLanguageModel(vocabulary, units=8, num_layers=1, sequence_length=12)
    >>> len(model.generate(1, prompt="to be", seed=0)[0])
    17

    Reference: Graves 2013, sections 2 and 3, arXiv 1308.0850.
    """

    def __init__(
        self,
        vocabulary,
        cell="lstm",
        units=256,
        num_layers=2,
        embedding_dim=64,
        tied_embeddings=False,
        dropout=0.0,
        initializer=None,
        kernel_regularizer=None,
        sequence_length=256,
        seed=0,
        name=None,
    ):
        super().__init__(vocabulary, sequence_length, seed=seed, name=name)
        one_of("cell", cell, tuple(CELLS))
        sizes = {"units": units, "num_layers": num_layers, "embedding_dim": embedding_dim}
        for argument, size in sizes.items():
            positive_integer(argument, size)
        number_in("dropout", dropout, 0, 1)
        self.network = RecurrentNetwork(
            self.vocabulary.size,
            cell=cell,
            tied_embeddings=tied_embeddings,
            dropout=dropout,
            initializer=initializer,
            kernel_regularizer=keras.regularizers.get(kernel_regularizer),
            name="network",
            **sizes,
        )
