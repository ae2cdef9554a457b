"""Every endpoint of every row, exported and answered by a fresh process as a server would."""

import json
import pathlib

import numpy as np

import kgen
from tests.contract.table import ROWS
from tests.contract.training import CORE, moved, over

# Of rows that serve alike one runs in CI, the others where it is slow: each starts processes of its own.
SERVED = (*CORE, "semi_supervised_gan", "conditional_gan-projection", "wavegan", "videogan", "jointgan")
each_kind = over(ROWS, SERVED)


@each_kind
def test_export_serves_every_signature(row, tmp_path):
    model = moved(row)
    version = kgen.export(model, tmp_path / "model", endpoints=list(row.endpoints))
    assert version == tmp_path / "model" / "1"
    report = kgen.serving.check(version, model)
    assert set(report["signatures"]) == {"serving_default", *row.endpoints}
    assert report["max_difference"]["session"] <= 1e-6
    request = json.loads((version / "assets.extra" / "sample_request.json").read_text())
    assert set(request) == set(row.endpoints)
    loaded = kgen.serving.load(version)
    seeds = np.array([[3, 0], [3, 1]], "int32")
    if row.holes:
        values = row.data(2)[0]
        request = {"values": values, "mask": np.isfinite(values).astype("float32"), "seed": seeds}
        np.testing.assert_allclose(loaded["impute"](**request)["values"], row.answer(model, 2, 3), atol=1e-6)
        return
    told, served = ({name: [2, 0]} if "labels" in model.CONDITIONS else {} for name in ("labels", "label"))
    made = loaded["generate"](seed=seeds, **served)
    made = row.numbers(made) if row.modalities else made[row.answered]
    np.testing.assert_allclose(made, row.numbers(model.generate(2, seed=3, **told)), atol=1e-6)


def test_a_generators_export_holds_no_discriminator(tmp_path):
    model = ROWS["gan"].make()
    version = kgen.export(model, tmp_path)
    stored = sum(path.stat().st_size for path in pathlib.Path(version, "variables").iterdir())
    generator = sum(4 * int(np.prod(v.shape)) for v in model.generator.weights)
    assert generator < stored < generator + 4 * model.discriminator.count_params()


def test_model_export_is_kgens(tmp_path):
    model = ROWS["vae"].make()
    first, second = model.export(tmp_path), kgen.export(model, tmp_path)
    assert [first.name, second.name] == ["1", "2"]
    names = [
        sorted(str(p.relative_to(v)) for v in [version] for p in v.rglob("*")) for version in (first, second)
    ]
    assert names[0] == names[1]
