"""CycleGAN: pictures of one kind into pictures of another, learnt from unpaired pictures of both.

Reference: Zhu 2017, arXiv 1703.10593.
"""

import functools

import keras
import numpy as np
import tensorflow as tf

from kgen import inputs, losses, noise
from kgen.datasets.arrays import read_arrays
from kgen.datasets.unpaired import stream_unpaired
from kgen.errors import integer_from, invalid, number_in, one_of, positive_integer
from kgen.game import Once
from kgen.layers import cropped, reflected
from kgen.networks import both, patch, residual
from kgen.pool import ImagePool
from kgen.two_player import TwoPlayerModel

DIRECTIONS = ("ab", "ba")
MULTIPLE, SMALLEST = 4, 8  # Sides that the residual network takes.
CHUNK = 16  # Pictures that `translate` takes at a time.
SHOWN = 8  # Pairs of the data that are kept for a sheet, at least.


@keras.saving.register_keras_serializable("kgen")
class CycleGAN(TwoPlayerModel):
    """Cycle-consistent generative adversarial networks.

    min_{G,F} max_{D_A,D_B} L_GAN(G, D_B) + L_GAN(F, D_A) + lambda (E||F(G(a)) - a||_1 + E||G(F(b)) - b||_1)
    + mu (E||G(b) - b||_1 + E||F(a) - a||_1), with G = generator_ab, F = generator_ba and least squares for
    L_GAN: D descends 1/2 (D(x) - 1)^2 + 1/2 D(G(.))^2, G descends (D(G(.)) - 1)^2. D judges fakes out of a pool.

    It trains on pairs (a, b) of batches that have nothing to do with each other, `fit(a, b)` of two arrays or
    `fit(kgen.datasets.load_pair(...)[0])`. Both players move at once, each quantity is computed once.

    Args:
        image_shape: (height, width, channels) of what it trains on, sides multiples of 4 from 8 up; it translates
            any size. Other shapes need networks of your own.
        residual_blocks: of each generator; 6 for pictures of 128 x 128, 9 from 256 x 256 up.
        width: channels of the first layer of each network.
        discriminator_layers: convolutions of stride 2 in each discriminator: 3 judge patches of 70 x 70 pixels,
            2 of 34 x 34, 1 of 16 x 16, as small pictures need.
        adversarial_weight: of the generators' adversarial terms.
        cycle_weight: lambda; 0 leaves the cycle out.
        identity_weight: mu, what a generator pays for changing pictures of its target; 0 leaves it out.
        cycle_loss: "l1" or "l2", the mean over pixels in the range (-1, 1).
        pool_size: generated pictures of each kind kept for its discriminator; 0 for none.
        normalization: "batch", "layer", "instance" or None, in all four networks.
        kernel_regularizer: of every kernel; a network's penalty joins its own player's loss.
        generator_ab, generator_ba: networks of your own, [batch, *image_shape] to the same, pictures in
            [-1, 1]; with an Input of free sides they translate any size.
        discriminator_a, discriminator_b: networks of your own, [batch, *image_shape] to outputs [batch, ..., 1].
        **options: `diagnostics`, `seed` and `name`; see `TwoPlayerModel`.

    Raises:
        ValueError: for arguments out of range, or networks of other shapes.

    Example:

    >>> model = kgen.CycleGAN((8, 8, 1), residual_blocks=1, width=2, discriminator_layers=1)
    >>> model.translate(np.zeros((2, 9, 13, 1), "uint8"), "ba").shape
    (2, 9, 13, 1)

    Reference: Zhu 2017, eq. 1 to 3, sections 4, 5.2 and 7, arXiv 1703.10593, and the authors' code.
    """

    PAIRED = True

    @classmethod
    def suited(cls, image_shape):
        """The paper's blocks by size, and the largest patches that fit: 70, 34 or 16 pixels."""
        if len(image_shape) != 3:
            return {}
        side = min(image_shape[:-1])
        layers = 3 if side >= 70 else 2 if side >= 34 else 1
        return {"residual_blocks": 9 if side >= 256 else 6, "discriminator_layers": layers}

    def __init__(
        self,
        image_shape=(256, 256, 3),
        residual_blocks=9,
        width=64,
        discriminator_layers=3,
        adversarial_weight=1.0,
        cycle_weight=10.0,
        identity_weight=5.0,
        cycle_loss="l1",
        pool_size=50,
        normalization="instance",
        kernel_regularizer=None,
        generator_ab=None,
        generator_ba=None,
        discriminator_a=None,
        discriminator_b=None,
        **options,
    ):
        super().__init__(image_shape, (-1.0, 1.0), **options)
        weights = {"adversarial": adversarial_weight, "cycle": cycle_weight, "identity": identity_weight}
        for name, weight in weights.items():
            number_in(f"{name}_weight", weight, 0, float("inf"))
        if not any(weights.values()):
            expected = "a weight above 0 for it, the cycle or the identity"
            raise invalid("adversarial_weight", expected, **weights)
        one_of("cycle_loss", cycle_loss, tuple(losses.DISTANCES))
        integer_from(0, "pool_size", pool_size)
        self.adversarial_weight, self.cycle_weight = adversarial_weight, cycle_weight
        self.identity_weight, self.cycle_loss = identity_weight, cycle_loss
        self.pool_size = pool_size
        form = {"width": width, "normalization": normalization, "kernel_regularizer": kernel_regularizer}
        self.generator_ab = generator_ab or self._generator("generator_ab", residual_blocks, form)
        self.generator_ba = generator_ba or self._generator("generator_ba", residual_blocks, form)
        self.discriminator_a = discriminator_a or self._discriminator("a", discriminator_layers, form)
        self.discriminator_b = discriminator_b or self._discriminator("b", discriminator_layers, form)
        self._check_networks()
        names = {"ab": "pool_b", "ba": "pool_a"} if pool_size else {}
        self.pools = {d: ImagePool(pool_size, self.image_shape, name=n) for d, n in names.items()}
        self._translate = {direction: self._compiled(direction) for direction in DIRECTIONS}

    def _generator(self, name, residual_blocks, form):
        if len(self.image_shape) != 3:
            raise invalid(name, "a network of your own where examples are no pictures", **{name: None})
        if any(side % MULTIPLE or side < SMALLEST for side in self.image_shape[:-1]):
            expected = f"sides that are multiples of {MULTIPLE}, at least {SMALLEST}"
            raise invalid("image_shape", expected, image_shape=self.image_shape)
        return residual.translator(self.image_shape[-1], residual_blocks, name=name, **form)

    def _discriminator(self, domain, layers, form):
        positive_integer("discriminator_layers", layers)
        name, smallest = f"discriminator_{domain}", patch.smallest_side(layers)
        if len(self.image_shape) != 3:
            raise invalid(name, "a network of your own where examples are no pictures", **{name: None})
        if min(self.image_shape[:-1]) < smallest:
            expected = f"fewer layers for pictures smaller than {smallest} x {smallest}"
            raise invalid("discriminator_layers", expected, discriminator_layers=layers)
        return patch.discriminator(self.image_shape[-1], layers, name=name, **form)

    def _compiled(self, direction):
        """`translated` as one graph for pictures of every size, as floats in [0, 1]."""
        spec = tf.TensorSpec([None, *self.sides(direction), self.image_shape[-1]], tf.float32)
        way = functools.partial(self.translated, direction=direction)
        return tf.function(way, input_signature=[spec], autograph=False)

    def _check_networks(self):
        for name in ("generator_ab", "generator_ba"):
            inputs.check_network(name, getattr(self, name), self.image_shape, self.image_shape)
        for name in ("discriminator_a", "discriminator_b"):
            network = getattr(self, name)
            maps = getattr(network, "output_shape", (None, 1))[1:-1]
            inputs.check_network(name, network, self.image_shape, (*maps, 1))

    # Data: pairs of batches that have nothing to do with each other.

    def check_labels(self, y):
        """Checks the pictures of the other domain, which stand where other models have labels."""
        if y is None:
            raise invalid("y", "pictures of the other domain: pairs (a, b) of batches, or two arrays", y=None)
        inputs.check_pictures(y, self.image_shape, "y")

    def look(self, x, y=None):
        """The base's checks; both batches have one size."""
        super().look(x, y)
        if len(x) != len(y):
            raise invalid("y", f"a batch of {len(x)} like the one of the first domain", batch_size=len(y))

    def _first_look(self, data):
        """Keeps what a sheet shows, of more batches where one holds fewer pairs."""
        num_rows = super()._first_look(data)
        parts = zip(*data.take(-(-SHOWN // num_rows)).as_numpy_iterator(), strict=True)
        self.first_examples, self.first_labels = (np.concatenate(part) for part in parts)
        return num_rows

    def arranged(self, x, y, batch_size, shuffle):
        """Two arrays of any lengths as an unpaired data set; the paper's batch of 1 unless one is given."""
        sides = [read_arrays(part, None, "all") for part in (x, y)]
        return stream_unpaired(sides, batch_size or 1, self.seed, shuffle, None, None)

    def _unpack(self, data):
        """Batches (a, b) in the networks' range."""
        return tuple(self.fitted(part) for part in data[:2])

    def real_pictures(self, x, y):
        """Those of domain b: the samples of `judge` are translations into it."""
        return self.to_pictures(y)

    # The step.

    def players(self):
        return {
            "discriminator": [self.discriminator_a, self.discriminator_b],
            "generator": [self.generator_ab, self.generator_ba],
        }

    def learn(self, x, y):
        """One step of both players."""
        return self.turn(self.meet(x, y), "discriminator", "generator")

    def meet(self, a, b, training=True):
        """The game of two batches in the networks' range: a `Translation` in each direction."""
        return [Translation(self, "ab", a, b, training), Translation(self, "ba", b, a, training)]

    def discriminator_loss(self, game):
        """1/2 (D(x) - 1)^2 and 1/2 D(fake)^2 for each domain."""
        terms = {}
        for way in game:
            terms[f"real_{way.target}_loss"] = losses.least_squares_real(way.real_logits)
            terms[f"fake_{way.target}_loss"] = losses.least_squares_fake(way.seen_logits)
        return terms

    def generator_loss(self, game):
        """w (D(G(x)) - 1)^2, lambda |F(G(x)) - x| and mu |G(y) - y| for each direction from x to y."""
        terms = {}
        for way in game:
            if self.adversarial_weight:  # Not halved, other than the discriminator's.
                fooled = 2.0 * losses.least_squares_generator(way.fake_logits)
                terms[f"adversarial_{way.direction}_loss"] = self.adversarial_weight * fooled
            if self.cycle_weight:
                distance = losses.DISTANCES[self.cycle_loss](way.cycled, way.x)
                terms[f"cycle_{way.source}_loss"] = self.cycle_weight * distance
            if self.identity_weight:
                distance = losses.absolute_distance(way.identity, way.y)
                terms[f"identity_{way.target}_loss"] = self.identity_weight * distance
        return terms

    def judge(self, x, y):
        """Terms of a validation batch, D's accuracies, and the translations of a, in inference mode."""
        game = self.meet(x, y, training=False)
        return self.judged(game), self.to_pictures(game[0].fake)

    def verdicts(self, game):
        """How often the discriminators are right about a patch: targets are 1 and 0."""
        real = [tf.cast(way.real_logits > 0.5, tf.float32) for way in game]
        fake = [tf.cast(way.seen_logits < 0.5, tf.float32) for way in game]
        return {"real_accuracy": tf.reduce_mean(real), "fake_accuracy": tf.reduce_mean(fake)}

    # Translating.

    def sample(self, seeds):
        """A CycleGAN draws nothing from noise."""
        raise TypeError("A CycleGAN generates nothing from noise; `translate(x)` translates pictures.")

    def call(self, images, training=False):
        return self.translated(images, "ab", training)

    def check_inputs(self, images, direction="ab"):
        """Checks pictures before `predict` and `translate`."""
        sides = np.shape(images)[1 : len(self.image_shape)]
        fixed = None not in self.sides(direction)
        inputs.check_pictures(images, (*(self.sides(direction) if fixed else sides), self.image_shape[-1]))

    def sides(self, direction):
        """Height and width of what a direction translates, None where it is any."""
        return tuple(getattr(self, f"generator_{direction}").input_shape[1:-1])

    def translate(self, x, direction="ab", batch_size=CHUNK):
        """Pictures in the style of the other domain.

        Args:
            x: pictures of any height and width, uint8 or float in [0, 1], [n, height, width, channels].
            direction: "ab" or "ba".
            batch_size: pictures at a time.

        Returns:
            float32 array of the same shape, in [0, 1].

        Raises:
            ValueError: pictures that do not fit the model, or another direction.
        """
        one_of("direction", direction, DIRECTIONS)
        positive_integer("batch_size", batch_size)
        self.check_inputs(x, direction)
        x = np.reshape(x, [*np.shape(x)[: len(self.image_shape)], self.image_shape[-1]])
        parts = [x[i : i + batch_size] for i in range(0, len(x), batch_size)]
        return np.concatenate([self._translate[direction](self.unit(part)).numpy() for part in parts])

    def translated(self, images, direction, training=False):
        """What `translate` computes, of tensors [batch, ...]; pictures grow by reflection and are cropped back."""
        x = self.from_pictures(images)
        x = x[..., None] if x.shape.rank == len(self.image_shape) else x
        network = getattr(self, f"generator_{direction}")
        if None not in self.sides(direction):
            return self.to_pictures(network(x, training=training))
        made = network(reflected(x, MULTIPLE, SMALLEST), training=training)
        return self.to_pictures(cropped(made, x))

    def sheet(self, num_samples, seed):
        """Rows of the data looked at last: input, translation, cycle, identity, from a and then from b."""
        if self.first_examples is None:
            raise ValueError("A CycleGAN's sheet shows pictures that `fit` or `evaluate` has looked at.")
        rows = max(1, num_samples // 8)
        pairs = self.first_examples[:rows], self.first_labels[:rows]
        a, b = (self.to_pictures(self.fitted(part)).numpy() for part in pairs)
        columns = [*self._strip(a, "ab", "ba"), *self._strip(b, "ba", "ab")]
        if not self.is_picture:
            return columns[1], None
        return np.stack(columns, axis=1).reshape([-1, *self.image_shape]), len(columns)

    def _strip(self, x, there, back):
        made = self.translate(x, there)
        return [x, made, self.translate(made, back), self.translate(x, back)]

    def signatures(self):
        """The endpoints of the served model: name -> (function, {input: tf.TensorSpec}).

        Pictures are uint8 or, where a network translates any size, PNG files of any kind, each of its own
        size; one of more than `MAX_PNG_PIXELS` pixels is refused before it is decoded.
        """
        return self._endpoints("ab") | self._endpoints("ba")

    def _endpoints(self, direction):
        name, dtype = f"translate_{direction}", tf.uint8 if self.is_picture else tf.float32
        images = tf.TensorSpec([None, *self.sides(direction), self.image_shape[-1]], dtype)
        files = tf.TensorSpec([None], tf.string)

        def served(images):
            made = self.translated(images, direction)
            return tf.cast(tf.round(255.0 * made), tf.uint8) if self.is_picture else made

        def served_png(image_bytes):
            return {"image_bytes": self.through_png(served, image_bytes)}

        found = {name: (lambda images: {"images": served(images)}, {"images": images})}
        if self.fits_png and self.sides(direction) == (None, None):
            found[f"{name}_png"] = (served_png, {"image_bytes": files})
        return found


class Translation:
    """One direction of the cycle, from x to y: each quantity is computed when a loss first asks for it.

    Args:
        model: the `CycleGAN`.
        direction: "ab" or "ba".
        x: examples of the source [batch, *image_shape], in the networks' range.
        y: examples of the target.
        training: whether the networks run in training mode.
    """

    def __init__(self, model, direction, x, y, training):
        self.model = model
        self.direction = direction
        self.source, self.target = direction
        self.x, self.y = x, y
        self.training = training

    def _network(self, name):
        """A network as a function of examples."""
        network = getattr(self.model, name)
        return lambda x: tf.cast(network(x, training=self.training), tf.float32)

    def _both(self, name, first, second):
        outputs = both(getattr(self.model, name), first, second, self.training)
        return [tf.cast(output, tf.float32) for output in outputs]

    @Once
    def made(self):
        """G(x), and G(y) where the identity counts."""
        name = f"generator_{self.direction}"
        if self.model.identity_weight:
            return self._both(name, self.x, self.y)
        return [self._network(name)(self.x), None]

    @property
    def fake(self):
        """The translation G(x)."""
        return self.made[0]

    @property
    def identity(self):
        """G(y), which should be y."""
        return self.made[1]

    @Once
    def cycled(self):
        """F(G(x)), which should be x."""
        return self._network(f"generator_{self.target}{self.source}")(self.fake)

    @Once
    def fake_logits(self):
        """D of the translation, [batch, ..., 1]."""
        return self._network(f"discriminator_{self.target}")(self.fake)

    @Once
    def seen(self):
        """What D learns from: in training, what the pool gives for the translation."""
        pool = self.model.pools.get(self.direction)
        if pool is None or not self.training:
            return self.fake
        return pool.exchange(self.fake, noise.current().next())

    @Once
    def judgement(self):
        """D of the target's examples, and of what it has seen of the fakes."""
        name = f"discriminator_{self.target}"
        if self.seen is self.fake:
            return [self._network(name)(self.y), self.fake_logits]
        return self._both(name, self.y, self.seen)

    @property
    def real_logits(self):
        """D of the target's examples, [batch, ..., 1]."""
        return self.judgement[0]

    @property
    def seen_logits(self):
        """D of what it has seen of the fakes, [batch, ..., 1]."""
        return self.judgement[1]
