from tests.metrics import replicas

SETUP = """
batch = 8
generator = np.random.default_rng(0)
real, fake = generator.integers(0, 256, (49, 8, 8, 1)), generator.integers(30, 200, (49, 8, 8, 1))
kinds = ((kgen.metrics.FrechetDistance, {}), (kgen.metrics.KernelDistance, {}),
         (kgen.metrics.KernelDistance, {"max_samples": 16}), (kgen.metrics.Density, {}))
cases = [(lambda kind=kind, options=options: kind("kgen-digits-v1", **options), (real, fake))
         for kind, options in kinds]
"""


def test_two_replicas_give_the_value_of_one():
    rows = replicas.values(SETUP)
    assert len(rows) == 8
    assert all(abs(found - expected) < 1e-6 and expected > 0.01 for found, expected in rows)
