"""SeqGAN in plain Keras, the peer of kgen's: the authors' networks, sizes and moves, written as one writes them.

Keras's own layers and optimisers, TensorFlow's own random numbers, a `tf.function` for each move. Roll-outs are
computed one at a time as in the authors' code: for each length of a beginning and each roll-out of it the 64 beginnings
are read again and completed, and D judges the 64 sequences. It has none of what kgen's contract promises, such as noise
by row or the check that a step's numbers are finite.

Reference: Yu et al. 2017, arXiv 1609.05473.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

VOCABULARY, LENGTH, BATCH, ROLLOUTS = 5000, 20, 64, 16
UNITS, EMBEDDING, DISCRIMINATOR_EMBEDDING = 32, 32, 64
WIDTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20)
FILTERS = (100, 200, 200, 200, 200, 100, 100, 100, 100, 100, 160, 160)


def sequences():
    """A batch of real sequences behind their start, int32 [64, 21]."""
    return np.random.default_rng(0).integers(0, VOCABULARY, [BATCH, LENGTH + 1], "int32")


def discriminator():
    """Tokens [batch, 20] to two logits [batch, 2], of being new and of being real."""
    tokens = keras.Input([LENGTH], dtype="int32")
    x = layers.Embedding(VOCABULARY, DISCRIMINATOR_EMBEDDING)(tokens)
    windows = [
        layers.Conv1D(n, width, activation="relu")(x) for width, n in zip(WIDTHS, FILTERS, strict=True)
    ]
    x = layers.Concatenate()([layers.GlobalMaxPooling1D()(found) for found in windows])
    gate = layers.Dense(sum(FILTERS), activation="sigmoid")(x)
    x = gate * layers.Dense(sum(FILTERS), activation="relu")(x) + (1.0 - gate) * x
    penalty = {
        "kernel_regularizer": keras.regularizers.L2(0.1),
        "bias_regularizer": keras.regularizers.L2(0.1),
    }
    return keras.Model(tokens, layers.Dense(2, **penalty)(layers.Dropout(0.25)(x)))


class PlainSeqGan:
    """Both players, and a compiled function for each move."""

    def __init__(self):
        self.embedding = layers.Embedding(VOCABULARY, EMBEDDING)
        self.lstm = layers.LSTM(UNITS, return_sequences=True)
        self.logits = layers.Dense(VOCABULARY)
        self.generator = keras.Sequential([self.embedding, self.lstm, self.logits])
        self.generator.build([None, LENGTH])
        self.discriminator = discriminator()
        self.cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.generator_optimizer = keras.optimizers.Adam(1e-2, epsilon=1e-8, global_clipnorm=5.0)
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer = keras.optimizers.Adam(1e-4, epsilon=1e-8)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)

    def complete(self, tokens, known):
        """Sequences [batch, 20] whose first tokens are those of others, and whose rest the generator draws."""
        token, columns = tf.zeros_like(tokens[:, 0]), tf.TensorArray(tf.int32, LENGTH)
        state = [tf.zeros([tokens.shape[0], UNITS]), tf.zeros([tokens.shape[0], UNITS])]
        for t in tf.range(LENGTH):
            hidden, state = self.lstm.cell(self.embedding(token), state)
            if t < known:
                token = tokens[:, t]
            else:
                token = tf.cast(tf.random.categorical(self.logits(hidden), 1)[:, 0], tf.int32)
            columns = columns.write(t, token)
        return tf.transpose(columns.stack())

    def draw(self, number):
        """New sequences, int32 [number, 20]."""
        return self.complete(tf.zeros([number, LENGTH], tf.int32), 0)

    def reward(self, tokens):
        """D's probability that sequences are real, [batch]."""
        return tf.nn.softmax(self.discriminator(tokens, training=False))[:, 1]

    def values(self, tokens):
        """What each token is worth, [batch, 20], one roll-out after the other."""
        columns = tf.TensorArray(tf.float32, LENGTH)
        for known in tf.range(1, LENGTH):
            total = tf.zeros([tokens.shape[0]])
            for _ in tf.range(ROLLOUTS):
                total += self.reward(self.complete(tokens, known))
            columns = columns.write(known - 1, total / ROLLOUTS)
        return tf.transpose(columns.write(LENGTH - 1, self.reward(tokens)).stack())

    @tf.function
    def generator_round(self):
        """New sequences, their roll-outs, and the generator's step; its loss."""
        tokens = self.draw(BATCH)
        values, inputs = self.values(tokens), tf.pad(tokens[:, :-1], [[0, 0], [1, 0]])
        with tf.GradientTape() as tape:
            nats = tf.nn.sparse_softmax_cross_entropy_with_logits(
                tokens, self.generator(inputs, training=True)
            )
            loss = tf.reduce_sum(nats * values)
        _descend(tape, loss, self.generator, self.generator_optimizer)
        return {"generator_loss": loss, "reward": tf.reduce_mean(values)}

    @tf.function
    def discriminator_step(self, real, new):
        """The discriminator's step on 32 real and 32 new sequences; its loss."""
        labels = tf.concat([tf.ones([len(real)], tf.int32), tf.zeros([len(new)], tf.int32)], axis=0)
        with tf.GradientTape() as tape:
            logits = self.discriminator(tf.concat([real, new], axis=0), training=True)
            loss = self.cross_entropy(labels, logits) + tf.add_n(self.discriminator.losses)
        _descend(tape, loss, self.discriminator, self.discriminator_optimizer)
        return {"discriminator_loss": loss}

    @tf.function
    def drawing_step(self, real):
        """The same against as many sequences that are drawn for it."""
        return self.discriminator_step(real, self.draw(len(real)))


def _descend(tape, loss, network, optimizer):
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
