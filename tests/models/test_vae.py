"""VAE: its bound and its likelihood against exact integrals; the other promises are in tests/contract."""

import keras
import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

import kgen

SHAPE = (3, 3, 1)
X = np.random.default_rng(2).uniform(0.05, 0.95, (4, *SHAPE)).astype("float32")
X8 = np.random.default_rng(3).integers(0, 256, (6, 8, 8, 1)).astype("uint8")


def small(latent_dim=1, **options):
    """Weights that are the same for every option: a decoder that bends, an encoder a little off the truth."""
    model = kgen.VAE(SHAPE, latent_dim, hidden_units=(5,), activation="tanh", **options)
    random = np.random.default_rng(7)
    for network, scale in ((model.decoder, 1.0), (model.encoder, 0.2)):
        network.set_weights([scale * random.normal(size=w.shape) for w in network.get_weights()])
    return model


def dense(network, x):
    """The network's numbers by NumPy, in float64."""
    first, bias, second, last = (np.asarray(w, "float64") for w in network.get_weights())
    return np.tanh(x @ first + bias) @ second + last


def grid(latent_dim):
    """Points of a fine grid [points, latent_dim], and the log of the volume of one cell."""
    side = np.linspace(-7, 7, 4001 if latent_dim == 1 else 281)
    points = np.stack(np.meshgrid(*[side] * latent_dim, indexing="ij"), -1).reshape([-1, latent_dim])
    return points, latent_dim * np.log(side[1] - side[0])


def log_densities(model, x, points):
    """log p(x|z) [batch, points] by SciPy."""
    x, output = x.reshape([len(x), 1, -1]).astype("float64"), dense(model.decoder, points)
    if model.likelihood == "bernoulli":
        return -(x * np.logaddexp(0, -output) + (1 - x) * np.logaddexp(0, output)).sum(-1)
    logits, log_var = np.moveaxis(output.reshape([-1, 9, 2]), -1, 0)
    return scipy.stats.norm.logpdf(x, scipy.special.expit(logits), np.exp(log_var / 2)).sum(-1)


def exact_log_likelihood(model, x):
    """log of the integral of p(x|z) N(z; 0, I) dz by quadrature."""
    points, log_cell = grid(model.latent_dim)
    prior = scipy.stats.norm.logpdf(points).sum(-1)
    return scipy.special.logsumexp(log_densities(model, x, points) + prior, axis=1) + log_cell


def posterior(model, x):
    """Mean and deviation of q(z|x) by NumPy."""
    mean, log_var = np.split(dense(model.encoder, x.reshape([len(x), -1]).astype("float64")), 2, axis=1)
    return mean, np.exp(log_var / 2)


def exact_bound(model, x):
    """E_q log p(x|z) - KL(q || p) by quadrature over one latent axis."""
    points, log_cell = grid(1)
    mean, deviation = posterior(model, x)
    q = scipy.stats.norm.logpdf(points[:, 0], mean, deviation)
    terms = log_densities(model, x, points) + scipy.stats.norm.logpdf(points[:, 0]) - q
    return (np.exp(q + log_cell) * terms).sum(1)


def observed(model, x, seed):
    return model.observed(tf.constant(x), kgen.noise.Stream(kgen.noise.rows(seed, len(x)))).numpy()


def bounds(model, x, number=4000, step=0):
    """The negative loss of many independent rows of each picture, [batch, number]."""
    rows = np.repeat(x, number, axis=0)
    with kgen.noise.stream(0, step, len(rows)):
        terms = model.bound(tf.constant(rows), training=False)
    return -np.sum([np.asarray(term, "float64") for term in terms.values()], axis=0).reshape([len(x), number])


# Likelihood.

KINDS = {
    "bernoulli": {},
    "bernoulli, two axes": {"latent_dim": 2},
    "binarised": {"binarization": "dynamic"},
    "gaussian": {"likelihood": "gaussian"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_log_likelihood_equals_the_integral(kind):
    model = small(**KINDS[kind])
    expected = exact_log_likelihood(model, observed(model, X, seed=5))
    actual = model.log_likelihood(X, num_samples=5000, seed=5)
    assert actual.shape == (4,) and actual.dtype == np.float32
    np.testing.assert_allclose(actual, expected, rtol=0, atol=0.02)
    assert np.ptp(expected) > 0.05


def test_log_likelihood_of_a_decoder_that_ignores_z_is_exact():
    """p(x|z) = p(x); with the prior as posterior every weight is the same."""
    model = small()
    model.decoder.set_weights([0 * w for w in model.decoder.get_weights()])
    model.encoder.set_weights([0 * w for w in model.encoder.get_weights()])
    np.testing.assert_allclose(model.log_likelihood(X, 50), np.full(4, -9 * np.log(2)), rtol=1e-5)


def test_log_likelihood_of_a_linear_gaussian_model():
    """A narrow range of z makes the mean linear: x ~ N(m + w z, s^2), whose evidence is a Gaussian's."""
    model = kgen.VAE(SHAPE, 1, hidden_units=(), likelihood="gaussian")
    slope = np.zeros((1, 9, 2))
    slope[..., 0] = 0.02 * np.random.default_rng(0).normal(size=9)
    offset = np.stack([np.zeros(9), np.full(9, -3.0)], -1)
    model.decoder.set_weights([slope.reshape([1, 18]), offset.ravel()])
    model.encoder.set_weights([0 * w for w in model.encoder.get_weights()])
    x = observed(model, X, seed=1).reshape([4, 9])
    change = slope[0, :, 0] / 4  # The sigmoid's slope at 0.
    covariance = np.exp(-3.0) * np.eye(9) + np.outer(change, change)
    expected = scipy.stats.multivariate_normal(np.full(9, 0.5), covariance).logpdf(x)
    np.testing.assert_allclose(model.log_likelihood(X, 2000, seed=1), expected, atol=5e-3)


def test_chunks_give_the_same_answer():
    model = small()
    whole = model.log_likelihood(X, 4000, samples_at_a_time=4000)
    np.testing.assert_allclose(model.log_likelihood(X, 4000, samples_at_a_time=100), whole, atol=0.04)
    parts = [model.log_likelihood(X, 4000, batch_size=size, samples_at_a_time=1000) for size in (1, 3, 20)]
    np.testing.assert_allclose(parts[0], parts[2], atol=1e-4)
    np.testing.assert_allclose(parts[1], parts[2], atol=1e-4)


def test_log_likelihood_is_seeded():
    model = small()
    first = model.log_likelihood(X, 100, seed=1)
    np.testing.assert_array_equal(first, model.log_likelihood(X, 100, seed=1))
    assert np.abs(first - model.log_likelihood(X, 100, seed=2)).min() > 0


def test_log_likelihood_takes_bytes_and_missing_channels():
    model = small()
    x = np.round(255 * X).astype("uint8")
    expected = model.log_likelihood(x / np.float32(255), 100)
    np.testing.assert_allclose(model.log_likelihood(x, 100), expected, rtol=1e-5)
    np.testing.assert_allclose(model.log_likelihood(x[..., 0], 100), expected, rtol=1e-5)


# Bounds.


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_the_bound_equals_its_integral_and_stays_below_the_evidence(likelihood):
    model = small(likelihood=likelihood)
    x = observed(model, X, seed=0)
    model.observed = lambda x, stream: x
    drawn, expected = bounds(model, x), exact_bound(model, x)
    error = drawn.std(1) / np.sqrt(drawn.shape[1])
    assert (np.abs(drawn.mean(1) - expected) < 4 * error).all() and (error < 0.1).all()
    assert (expected < exact_log_likelihood(model, x)).all()


def test_importance_weights_tighten_the_bound():
    evidence = exact_log_likelihood(small(), X)
    means = [bounds(small(importance_samples=k), X, 2000).mean(1) for k in (1, 3, 10, 50)]
    gaps = evidence - np.array(means)
    assert (gaps[:-1] > gaps[1:] + 0.005).all(), gaps
    assert (gaps[-1] > 0).all() and (gaps[-1] < 0.2 * gaps[0]).all(), gaps


def test_one_importance_weight_is_the_evidence_lower_bound():
    """E log w = reconstruction - KL, where one side samples the KL and the other computes it."""
    model = small()
    z_mean, z_log_var = model.posterior(tf.constant(X))
    eps = kgen.noise.normal(kgen.noise.rows(3, 4), (20_000, 1))
    z = z_mean[:, None] + tf.exp(z_log_var / 2)[:, None] * eps
    log_weights = (model.log_density(tf.constant(X), z) - model.log_ratio(z, z_mean, z_log_var)).numpy()
    error = log_weights.std(1) / np.sqrt(20_000)
    assert (np.abs(log_weights.mean(1) - exact_bound(model, X)) < 4 * error).all()


def test_log_ratio_is_that_of_the_two_densities():
    model = small(latent_dim=2)
    random = np.random.default_rng(0)
    z, mean, log_var = random.normal(size=(3, 5, 2)), random.normal(size=(3, 2)), random.normal(size=(3, 2))
    q = scipy.stats.norm.logpdf(z, mean[:, None], np.exp(log_var / 2)[:, None]).sum(-1)
    expected = q - scipy.stats.norm.logpdf(z).sum(-1)
    actual = model.log_ratio(*(tf.constant(part, tf.float32) for part in (z, mean, log_var)))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("beta", [0.0, 0.5, 4.0])
def test_beta_weighs_the_divergence(beta):
    def terms(**options):
        with kgen.noise.stream(0, 0, 4):
            return small(**options).bound(tf.constant(X), training=True)

    plain, weighed = terms(), terms(beta=beta)
    np.testing.assert_allclose(weighed["kl_loss"], beta * plain["kl_loss"], rtol=1e-6)
    np.testing.assert_array_equal(weighed["reconstruction_loss"], plain["reconstruction_loss"])
    mean, deviation = posterior(small(), X)
    divergence = 0.5 * (mean**2 + deviation**2 - 1 - 2 * np.log(deviation)).sum(1)
    np.testing.assert_allclose(plain["kl_loss"], divergence, rtol=1e-4)


def test_beta_zero_of_importance_weights_averages_the_likelihood():
    model = small(importance_samples=4, beta=0.0)
    with kgen.noise.stream(0, 0, 4):
        (term,) = model.bound(tf.constant(X), training=True).values()
    with kgen.noise.stream(0, 0, 4) as stream:
        eps = kgen.noise.normal(stream.next(), (4, 1)).numpy()
    mean, deviation = posterior(model, X)
    z = mean[:, None] + deviation[:, None] * eps
    densities = np.stack([log_densities(model, X[i : i + 1], z[i])[0] for i in range(4)])
    np.testing.assert_allclose(-np.asarray(term), np.log(np.exp(densities).mean(1)), rtol=1e-4)


def test_the_bounds_gradient_reaches_both_networks():
    for k in (1, 3):
        model = small(importance_samples=k)
        with kgen.noise.stream(0, 0, 4), tf.GradientTape() as tape:
            loss = tf.add_n([tf.reduce_mean(t) for t in model.bound(tf.constant(X), training=True).values()])
        gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
        assert len(gradients) == 8 and all(np.abs(g).max() > 1e-5 for g in gradients)


# What the likelihood is of.


def test_dynamic_binarisation_draws_black_and_white_with_the_grey_values_as_means():
    model = small(binarization="dynamic")
    rows = np.repeat(X, 5000, axis=0)
    drawn = observed(model, rows, seed=0).reshape([4, 5000, *SHAPE])
    np.testing.assert_array_equal(np.unique(drawn), [0, 1])
    np.testing.assert_allclose(drawn.mean(1), X, atol=4 * 0.5 / np.sqrt(5000))
    with kgen.noise.stream(0, 1, 4) as stream:
        first, second = (model.observed(tf.constant(X), stream).numpy() for _ in range(2))
    assert not np.array_equal(first, second)


def test_dynamic_binarisation_keeps_black_and_white():
    model = small(binarization="dynamic")
    x = np.random.default_rng(0).integers(0, 2, (500, *SHAPE)).astype("float32")
    np.testing.assert_array_equal(observed(model, x, seed=0), x)


def test_gaussian_pixels_are_dequantised_within_their_bin():
    model = small(likelihood="gaussian")
    x = (np.arange(256)[:, None, None, None] * np.ones(SHAPE) / 255).astype("float32")
    seen = observed(model, x, seed=0) * 256
    np.testing.assert_array_equal(np.floor(seen + 1e-4).astype(int)[:, 0, 0, 0].clip(0, 255), np.arange(256))
    fraction = (seen - np.round(255 * x)).ravel()
    assert scipy.stats.kstest(fraction, scipy.stats.uniform.cdf).pvalue > 1e-3


def test_grey_values_are_taken_as_they_are_without_binarisation():
    np.testing.assert_array_equal(observed(small(), X, seed=0), X)


def test_gaussian_density_by_hand():
    model = small(likelihood="gaussian")
    z = np.random.default_rng(0).normal(size=(4, 6, 1)).astype("float32")
    expected = np.stack([log_densities(model, X[i : i + 1], z[i])[0] for i in range(4)])
    np.testing.assert_allclose(model.log_density(tf.constant(X), tf.constant(z)), expected, rtol=1e-4)


# Answers of a model.


@pytest.mark.parametrize(
    "options", [{}, {"network": "convolutional", "width": 2}, {"likelihood": "gaussian"}], ids=str
)
def test_encode_decode_and_reconstruct(options):
    model = kgen.VAE(
        (8, 8, 1), latent_dim=3, **({"hidden_units": (6,)} if "network" not in options else {}), **options
    )
    z_mean, z_log_var = model.encode(X8)
    assert z_mean.shape == z_log_var.shape == (6, 3) and z_mean.dtype == tf.float32
    made = model.decode(z_mean).numpy()
    assert made.shape == (6, 8, 8, 1) and made.dtype == np.float32 and 0 <= made.min() <= made.max() <= 1
    np.testing.assert_allclose(model.reconstruct(X8), made, atol=1e-6)
    np.testing.assert_allclose(model.encode(X8 / 255.0)[0], z_mean, atol=1e-5)
    np.testing.assert_allclose(model.encode(X8[..., 0])[1], z_log_var, atol=1e-5)


@pytest.mark.parametrize(
    "x", [X8, X8 / 255.0, X8[..., 0], X8[..., 0] / 255.0], ids=lambda x: f"{x.dtype}{x.shape}"
)
def test_predict_is_reconstruct_for_every_form_of_pictures(x):
    model = kgen.VAE((8, 8, 1), latent_dim=3, hidden_units=(6,))
    np.testing.assert_allclose(model.predict(x, verbose=0), model.reconstruct(X8), atol=1e-5)


def test_predict_takes_one_form_of_pictures_after_another():
    model = kgen.VAE((8, 8, 1), latent_dim=3, hidden_units=(6,))
    expected = model.reconstruct(X8)
    for x in (X8 / 255.0, X8[..., 0] / 255.0, X8, X8[..., 0]):
        np.testing.assert_allclose(model.predict(x, verbose=0), expected, atol=1e-5)


def test_samples_are_decoded_codes_of_the_prior():
    model = small(latent_dim=2)
    z = kgen.noise.normal(kgen.noise.rows(9, 5), (2,))
    np.testing.assert_allclose(model.generate(5, seed=9), model.decode(z), atol=1e-6)


def test_own_networks():
    encoder = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(6)])
    decoder = keras.Sequential([keras.Input((3,)), kgen.layers.Dropout(0.2), keras.layers.Dense(64)])
    decoder.add(keras.layers.Reshape((8, 8, 1)))
    model = kgen.VAE((8, 8, 1), 3, encoder=encoder, decoder=decoder, importance_samples=2)
    assert model.encoder is encoder and model.decoder is decoder
    model.compile(jit_compile=False)
    before = [v.numpy() for v in model.trainable_variables]
    model.train_step(tf.constant(X8))
    assert all(
        not np.array_equal(a, v.numpy()) for a, v in zip(before, model.trainable_variables, strict=True)
    )


def test_the_default_is_the_sources_architecture_with_a_standard_adam():
    model = kgen.VAE()
    widths = [v.shape for v in model.trainable_variables if v.name == "kernel"]
    assert widths == [(784, 1024), (1024, 1024), (1024, 100), (50, 1024), (1024, 1024), (1024, 784)]
    model.compile()
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert float(model.optimizer.learning_rate) == pytest.approx(1e-3)


# Bad arguments.


def own(kind, *args):
    return getattr(kgen.networks.dense, kind)(*args, hidden_units=(2,))


BAD = [
    ("latent_dim", 0, "a positive integer"),
    ("importance_samples", 0, "a positive integer"),
    ("importance_samples", 1.5, "a positive integer"),
    ("network", "residual", "one of 'dense', 'convolutional'"),
    ("likelihood", "laplace", "one of 'bernoulli', 'gaussian'"),
    ("binarization", "static", "one of None, 'dynamic'"),
    ("beta", -1.0, r"a number in \[0, inf\)"),
    ("beta", float("nan"), r"a number in \[0, inf\)"),
    ("image_shape", (8, 8), "height, width, channels"),
    ("normalization", "spectral", "'batch', 'layer', 'instance'"),
    ("encoder", own("encoder", (8, 8, 1), 5), r"\(8, 8, 1\) to \(4,\)"),
    ("encoder", own("encoder", (8, 9, 1), 4), r"\(8, 8, 1\) to \(4,\)"),
    ("decoder", own("decoder", 3, (8, 8, 1)), r"\(2,\) to \(8, 8, 1\)"),
    ("decoder", own("decoder", 2, (8, 8, 2)), r"\(2,\) to \(8, 8, 1\)"),
]


@pytest.mark.parametrize("name, value, expected", BAD, ids=lambda part: str(part)[:20])
def test_bad_arguments_are_named(name, value, expected):
    options = {"image_shape": (8, 8, 1), "latent_dim": 2, "hidden_units": (4,), name: value}
    with pytest.raises(ValueError, match=f"argument `{name}`. Expected .*{expected}.* Received: "):
        kgen.VAE(**options)


CALLS = {
    "pictures": lambda m: m.log_likelihood(X8),
    "nan": lambda m: m.log_likelihood(X * np.nan),
    "encode": lambda m: m.encode(X8),
    "reconstruct": lambda m: m.reconstruct(255 * X),
    "decode": lambda m: m.decode(np.zeros((2, 3))),
    "decode nan": lambda m: m.decode(np.full((2, 1), np.nan)),
    "no samples": lambda m: m.log_likelihood(X, 0),
    "no multiple": lambda m: m.log_likelihood(X, 500, samples_at_a_time=300),
    "no samples at a time": lambda m: m.log_likelihood(X, 500, samples_at_a_time=0),
    "no pictures at a time": lambda m: m.log_likelihood(X, 500, batch_size=0),
}


@pytest.mark.parametrize("name", CALLS)
def test_bad_calls_are_named(name):
    with pytest.raises(ValueError, match=r"Invalid value for argument `\w+`. Expected .* Received: "):
        CALLS[name](small())


def test_vectors_beyond_the_likelihood_end_in_one_line():
    model = kgen.VAE((3,), latent_dim=2, hidden_units=(4,))
    model.compile(jit_compile=False)
    with pytest.raises(ValueError, match=r"argument `x`.*\[0, 1\]"):
        model.fit(np.full((8, 3), -2.0, "float32"), batch_size=8, verbose=0)
