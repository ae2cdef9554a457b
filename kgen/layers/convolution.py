"""A convolution in the forms that a CPU computes fastest; the numbers are those of Keras's own.

Measured with oneDNN: it fills its vectors with output channels, so that a convolution to three of them leaves
most of a vector empty; and in bfloat16 it takes longer for a kernel's gradient than matrix products do.
"""

import keras
import tensorflow as tf

from kgen.layers.device import on_cpu

NEIGHBOURS = 4  # Outputs computed side by side where there are few channels.


@keras.saving.register_keras_serializable("kgen")
class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D`, with its arguments and weights, faster on a CPU.

    It computes a convolution without strides to few channels for four neighbours at once, and its kernel's
    gradient in bfloat16 by matrix products. All else is Keras's.

    Example:

    >>> layer = kgen.layers.Conv2D(3, 7)
    >>> layer(np.zeros([1, 14, 14, 2])).shape
    TensorShape([1, 8, 8, 3])
    """

    def convolution_op(self, inputs, kernel):
        if not self._is_plain(inputs):
            return super().convolution_op(inputs, kernel)
        inputs, kernel = tf.convert_to_tensor(inputs), tf.convert_to_tensor(kernel)
        if self.filters <= NEIGHBOURS and (inputs.shape[2] - self.kernel_size[1] + 1) % NEIGHBOURS == 0:
            return side_by_side(inputs, kernel)
        if inputs.dtype == tf.bfloat16:
            return by_products(inputs, kernel)
        return super().convolution_op(inputs, kernel)

    def _is_plain(self, inputs):
        """Whether it runs on a CPU over pictures of known sides, with neither strides, padding nor groups."""
        simple = self.padding == "valid" and {*self.strides, *self.dilation_rate, self.groups} == {1}
        return simple and self.data_format == "channels_last" and None not in inputs.shape[1:] and on_cpu()


def side_by_side(x, kernel):
    """A convolution that has four neighbouring outputs for channels of one position.

    y[4 q + i] = sum_c x[4 q + i + c] k[c]: a stride of 4, and for each i a kernel that is moved i to the right.

    Args:
        x: pictures [batch, height, width, channels]; the output's width is a multiple of 4.
        kernel: [rows, columns, channels, filters].

    Returns:
        Tensor [batch, height - rows + 1, width - columns + 1, filters].
    """
    rows, columns, channels, filters = kernel.shape
    moved = [tf.pad(kernel, [[0, 0], [i, NEIGHBOURS - 1 - i], [0, 0], [0, 0]]) for i in range(NEIGHBOURS)]
    wide = tf.reshape(tf.stack(moved, axis=3), [rows, columns + NEIGHBOURS - 1, channels, -1])
    y = tf.nn.conv2d(x, wide, [1, NEIGHBOURS], "VALID")  # [batch, height, width / 4, 4 filters]
    return tf.reshape(y, [-1, y.shape[1], NEIGHBOURS * y.shape[2], filters])


@tf.custom_gradient
def by_products(x, kernel):
    """A convolution whose kernel's gradient is one product for each place in the kernel.

    dk[i, j] = sum over pictures and places of x[p + i, q + j]^T dy[p, q].

    Args:
        x: pictures [batch, height, width, channels].
        kernel: [rows, columns, channels, filters].

    Returns:
        Tensor [batch, height - rows + 1, width - columns + 1, filters].
    """
    rows, columns, channels, filters = kernel.shape

    def gradient(dy):
        _, height, width, _ = dy.shape
        places = [(i, j) for i in range(rows) for j in range(columns)]
        with tf.control_dependencies([dy]):  # Else a graph makes these as soon as it has x, and keeps them.
            parts = [tf.reshape(x[:, i : i + height, j : j + width], [-1, channels]) for i, j in places]
        products = [tf.matmul(part, tf.reshape(dy, [-1, filters]), transpose_a=True) for part in parts]
        dx = tf.nn.conv2d_transpose(dy, kernel, tf.shape(x), 1, "VALID")
        return dx, tf.reshape(tf.stack(products), kernel.shape)

    return tf.nn.conv2d(x, kernel, 1, "VALID"), gradient
