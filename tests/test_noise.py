"""Noise: known answers, distributions, and rows that depend on their own seed alone."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from kgen import noise

KNOWN = [
    ((0x00000000, 0x00000000), (0x00000000, 0x00000000), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


def words(pair):
    return [tf.constant(word, tf.uint32) for word in pair]


@pytest.mark.parametrize("key, counter, answer", KNOWN)
@pytest.mark.parametrize("xla", [None, False, True], ids=["eager", "graph", "xla"])
def test_threefry_gives_the_known_answers(key, counter, answer, xla):
    function = noise.threefry2x32 if xla is None else tf.function(noise.threefry2x32, jit_compile=xla)
    assert [int(word) for word in function(words(key), words(counter))] == list(answer)


def test_threefry_works_on_whole_tensors():
    keys, counters = ([tf.constant([row[i][j] for row in KNOWN], tf.uint32) for j in (0, 1)] for i in (0, 1))
    answers = np.stack(noise.threefry2x32(keys, counters), 1)
    np.testing.assert_array_equal(answers, np.array([row[2] for row in KNOWN], "uint32"))


def test_a_draw_adds_few_operations_to_a_graph_and_keeps_its_shape():
    draw = tf.function(lambda seeds: noise.bits(seeds, 6))
    graph = draw.get_concrete_function(tf.TensorSpec([None, 2], tf.int32)).graph
    assert graph.outputs[0].shape.as_list() == [None, 6]
    assert len(graph.get_operations()) < 60  # The twenty rounds alone would be 160.


def test_rows_and_their_start():
    assert noise.rows(7, 3, start=5).numpy().tolist() == [[7, 5], [7, 6], [7, 7]]
    assert noise.rows(tf.constant(7), tf.constant(2), tf.constant(1)).dtype == tf.int32
    assert noise.rows(0, 0).shape == (0, 2)


# Distributions. Seeds are fixed, so a p-value is a constant; 1e-3 would be rejected by chance once in 1000.

DRAWS = {
    "uniform": (noise.uniform, scipy.stats.uniform, (0.5, 1 / 12, 0.0, -1.2)),
    "quick-uniform": (noise.quick_uniform, scipy.stats.uniform, (0.5, 1 / 12, 0.0, -1.2)),
    "normal": (noise.normal, scipy.stats.norm, (0.0, 1.0, 0.0, 0.0)),
    "quick-normal": (noise.quick_normal, scipy.stats.norm, (0.0, 1.0, 0.0, 0.0)),
}
SHAPES = {"along-a-row": (1, (100_001,)), "along-the-batch": (100_000, (1,)), "both": (400, (15, 17))}


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("shape", SHAPES)
def test_distribution_and_moments(draw, shape):
    function, law, moments = DRAWS[draw]
    batch, row = SHAPES[shape]
    x = function(noise.rows(11, batch), row).numpy().astype("float64")
    assert x.shape == (batch, *row)
    x = x.ravel()
    assert scipy.stats.kstest(x, law.cdf).pvalue > 1e-3
    actual = x.mean(), x.var(), scipy.stats.skew(x), scipy.stats.kurtosis(x)
    np.testing.assert_allclose(actual, moments, atol=0.05)
    assert abs(x.mean() - moments[0]) < 4 * np.sqrt(moments[1] / len(x))


def test_uniform_stays_in_its_interval_and_normal_is_finite():
    u = noise.uniform(noise.rows(2, 1000), (1001,)).numpy()
    assert 0 <= u.min() < 1e-5 and 1 - 1e-5 < u.max() < 1
    z = noise.normal(noise.rows(2, 1000), (1001,)).numpy()
    assert np.isfinite(z).all() and 4.5 < np.abs(z).max() < 6.5
    z = noise.quick_normal(noise.rows(2, 1000), (1001,)).numpy()
    assert np.isfinite(z).all() and 4.5 < np.abs(z).max() < 5.4


def test_every_bit_is_fair():
    x = noise.bits(noise.rows(3, 100), 1001).numpy().ravel()
    shares = [((x >> np.uint32(bit)) & 1).mean() for bit in range(32)]
    np.testing.assert_allclose(shares, 0.5, atol=4 * 0.5 / np.sqrt(len(x)))


# Rows.


# A row's bits are its own exactly. Normal numbers may differ in the last bit, since the CPU's vectorised
# logarithm and cosine round unlike the scalar ones at the end of a tensor.
EXACT = {"uniform": (noise.uniform, 0.0), "mask": (lambda s, n: noise.keep_mask(s, n, 0.3), 0.0)}
ROW_DRAWS = {**EXACT, "normal": (noise.normal, 1e-6)}


@pytest.mark.parametrize("draw, tolerance", ROW_DRAWS.values(), ids=ROW_DRAWS)
@pytest.mark.parametrize("shape", [(1,), (7,), (8,), (3, 5, 1), (2, 2, 3, 2)])
def test_a_row_alone_equals_the_row_in_a_batch(draw, tolerance, shape):
    batch = draw(noise.rows(5, 9), shape).numpy().astype("float32")
    assert batch.shape == (9, *shape)
    for i in range(9):
        alone = tf.cast(draw(noise.rows(5, 1, start=i), shape), tf.float32)
        np.testing.assert_allclose(batch[i : i + 1], alone, rtol=0, atol=tolerance)
    shuffled = tf.cast(draw(tf.gather(noise.rows(5, 9), [4, 0, 8]), shape), tf.float32)
    np.testing.assert_allclose(batch[[4, 0, 8]], shuffled, rtol=0, atol=tolerance)


@pytest.mark.parametrize("draw", [noise.uniform, noise.normal, lambda s, n: noise.keep_mask(s, n, 0.4)])
@pytest.mark.parametrize("shape", [(3,), (8, 8, 3)])
def test_graph_eager_and_xla_agree(draw, shape):
    seeds = noise.rows(2**31 - 1, 33, start=1000)
    eager = tf.cast(draw(seeds, shape), tf.float32).numpy()
    for xla in (False, True):
        compiled = tf.function(lambda s: tf.cast(draw(s, shape), tf.float32), jit_compile=xla)
        np.testing.assert_allclose(compiled(seeds), eager, rtol=0, atol=1e-6)


def test_bits_agree_close_everywhere():
    seeds = noise.rows(1, 64)
    for xla in (False, True):
        compiled = tf.function(lambda s: noise.bits(s, 37), jit_compile=xla)
        np.testing.assert_array_equal(compiled(seeds), noise.bits(seeds, 37))


def test_the_batch_may_be_unknown_in_a_graph():
    function = tf.function(
        lambda s: noise.normal(s, (5,)), input_signature=[tf.TensorSpec([None, 2], tf.int32)]
    )
    np.testing.assert_allclose(function(noise.rows(3, 4)), noise.normal(noise.rows(3, 4), (5,)), atol=1e-6)
    assert function(noise.rows(3, 0)).shape == (0, 5)


@pytest.mark.parametrize("shape", [(1,), (3,), (4, 5)])
def test_no_rows_give_no_numbers(shape):
    none = noise.rows(1, 0)
    assert noise.uniform(none, shape).shape == (0, *shape)
    assert noise.normal(none, shape).shape == (0, *shape)
    assert noise.keep_mask(none, shape, 0.5).shape == (0, *shape)
    assert noise.fold(none, 3).shape == (0, 2)


def correlation(x, y):
    return float(np.corrcoef(np.ravel(x), np.ravel(y))[0, 1])


def test_rows_seeds_and_streams_are_uncorrelated():
    size = 50_000
    limit = 4 / np.sqrt(size)
    first = noise.normal(noise.rows(1, 1), (size,)).numpy()
    others = {
        "next row": noise.rows(1, 1, start=1),
        "next seed": noise.rows(2, 1),
        "seed and row exchanged": tf.constant([[0, 1]]),
        "folded": noise.fold(noise.rows(1, 1), 0),
        "folded again": noise.fold(noise.rows(1, 1), 1),
    }
    for name, seeds in others.items():
        assert abs(correlation(first, noise.normal(seeds, (size,)))) < limit, name
    assert abs(correlation(first[:, 1:], first[:, :-1])) < limit
    half = size // 2  # The cosine and the sine of one radius.
    assert abs(correlation(first[:, :half] ** 2, first[:, half:] ** 2)) < 1.5 * limit


def test_columns_are_uncorrelated_over_rows():
    x = noise.normal(noise.rows(4, 20_000), (6,)).numpy()
    np.testing.assert_allclose(np.corrcoef(x.T), np.eye(6), atol=4 / np.sqrt(len(x)))


def test_fold_by_a_tensor_folds_each_row_by_its_own_number():
    seeds = noise.rows(1, 3)
    together = noise.fold(seeds, tf.constant([5, 6, 5])).numpy()
    np.testing.assert_array_equal(together[:1], noise.fold(seeds[:1], 5))
    np.testing.assert_array_equal(together[1:2], noise.fold(seeds[1:2], 6))
    many = noise.fold(tf.zeros((10_000, 2), tf.int32), tf.range(10_000)).numpy()
    assert len(np.unique(many, axis=0)) == 10_000


# Dropout masks.


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.25, 0.5, 0.9, 0.999])
def test_keep_mask_keeps_its_share(rate):
    mask = noise.keep_mask(noise.rows(8, 500), (999,), rate).numpy()
    assert mask.dtype == bool
    for kept, number in ((mask.sum(), mask.size), (mask.sum(1), 999), (mask.sum(0), 500)):
        low, high = scipy.stats.binom.ppf([1e-7, 1 - 1e-7], number, 1 - rate)
        assert low <= np.min(kept) and np.max(kept) <= high


def test_keep_mask_near_one_drops_nearly_everything():
    assert noise.keep_mask(noise.rows(8, 100), (1000,), 1 - 1e-6).numpy().mean() < 1e-3


@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_keep_mask_is_independent_between_neighbours(rate):
    mask = noise.keep_mask(noise.rows(9, 200), (1000,), rate).numpy().astype("float64")
    limit = 4 / np.sqrt(mask.size)
    for shift in (1, 2, 3, 4, 8, 16):
        assert abs(correlation(mask[:, shift:], mask[:, :-shift])) < limit, f"columns {shift} apart"
        assert abs(correlation(mask[shift:], mask[:-shift])) < limit, f"rows {shift} apart"
    diagonal = mask[1:, 1:], mask[:-1, :-1]
    assert abs(correlation(*diagonal)) < limit


def test_number_of_kept_neighbours_is_binomial():
    """A chi-square test of runs of eight, which sees dependence that pairs do not show."""
    mask = noise.keep_mask(noise.rows(10, 250), (800,), 0.5).numpy().reshape([-1, 8])
    codes = np.bincount(mask @ (1 << np.arange(8)), minlength=256)
    assert scipy.stats.chisquare(codes).pvalue > 1e-3


# Streams.


def draws(number=2, shape=(4,), **where):
    with noise.stream(**{"seed": 3, "step": 5, "batch": 6, **where}) as stream:
        return [noise.normal(stream.next(), shape).numpy() for _ in range(number)]


def test_a_streams_draws_differ_and_repeat_by_step():
    first, second = draws()
    assert not np.array_equal(first, second) and abs(correlation(first, second)) < 0.9
    np.testing.assert_array_equal(draws(), [first, second])
    for changed in ({"step": 6}, {"seed": 4}, {"step": -1}):
        assert np.abs(draws(**changed)[0] - first).min() > 0


def test_a_streams_start_is_a_slice_of_the_larger_batch():
    whole = draws()
    close = {"rtol": 0, "atol": 1e-6}
    np.testing.assert_allclose(draws(batch=2, start=3), [draw[3:5] for draw in whole], **close)
    counted = tf.constant(4, tf.int64)
    np.testing.assert_allclose(draws(batch=2, start=counted), [draw[4:] for draw in whole], **close)


def test_a_stream_takes_the_step_of_a_variable_in_a_graph():
    step = tf.Variable(5, dtype=tf.int64)

    @tf.function(jit_compile=True)
    def first():
        with noise.stream(3, step, 6) as stream:
            return noise.normal(stream.next(), (4,))

    np.testing.assert_allclose(first(), draws()[0], atol=1e-6)
    step.assign(6)
    np.testing.assert_allclose(first(), draws(step=6)[0], atol=1e-6)


def test_draws_of_a_stream_are_normal_over_steps():
    """Each step's first number, which is what a training run sees."""
    x = np.concatenate([draws(1, (8,), step=step, batch=16)[0].ravel() for step in range(150)])
    assert scipy.stats.kstest(x, scipy.stats.norm.cdf).pvalue > 1e-3
    one_row = x.reshape([150, -1])
    assert abs(correlation(one_row[1:], one_row[:-1])) < 4 / np.sqrt(one_row[1:].size)


def test_streams_nest_and_end_with_their_block():
    assert noise.current() is None
    with noise.stream(1, 1, 2) as outer:
        assert noise.current() is outer
        with noise.stream(2, 1, 2) as inner:
            assert noise.current() is inner
        assert noise.current() is outer
    with pytest.raises(RuntimeError), noise.stream(1, 1, 2):
        raise RuntimeError
    assert noise.current() is None


def test_a_narrowed_stream_gives_a_part_its_own_rows():
    """Both halves of a batch draw what these rows of the whole batch would have drawn."""
    whole = draws()
    with noise.stream(3, 5, 6) as stream:
        with stream.narrowed(slice(1, None, 2)):
            odd = noise.normal(stream.next(), (4,))
        second = noise.normal(stream.next(), (4,))
    np.testing.assert_allclose(odd, whole[0][1::2], rtol=0, atol=1e-6)
    np.testing.assert_allclose(second, whole[1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("unknown", [False, True], ids=["static", "dynamic"])
def test_spread_gives_each_of_several_rows_an_example_a_seed_of_its_own(unknown):
    spec = tf.TensorSpec([None if unknown else 5, 2], tf.int32)
    rows = (lambda s: 3 * tf.shape(s)[0]) if unknown else (lambda s: 15)
    spread = tf.function(lambda s: noise.spread(s, rows(s)), input_signature=[spec])
    seeds = noise.rows(1, 5)
    many = spread(seeds).numpy()
    assert many.shape == (15, 2) and len(np.unique(many, axis=0)) == 15
    np.testing.assert_array_equal(many[6:9], noise.spread(seeds[2:3], 3))
    np.testing.assert_array_equal(noise.spread(seeds, 5), seeds)


@pytest.mark.parametrize("unknown", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("batch, m", [(16, 2), (15, 2), (16, 3), (7, 7)])
def test_spread_gives_a_pack_the_seed_of_its_first_row(batch, m, unknown):
    spec = tf.TensorSpec([None if unknown else batch, 2], tf.int32)
    spread = tf.function(
        lambda s: noise.spread(s, -(-tf.shape(s)[0] // m) if unknown else -(-batch // m)),
        input_signature=[spec],
        autograph=False,
    )
    seeds = noise.rows(1, batch)
    np.testing.assert_array_equal(spread(seeds), seeds[::m])
