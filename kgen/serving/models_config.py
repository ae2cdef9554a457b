"""The file that tells tensorflow_model_server which models to serve."""

import json

from kgen.errors import invalid
from kgen.serving import graph

ROOT, KEPT = "/models", 2  # Where the server finds the folder; versions of each that it serves side by side.
CONFIG = """  config {{
    name: {name}
    base_path: {path}
    model_platform: "tensorflow"
    model_version_policy {{ latest {{ num_versions: {kept} }} }}
  }}
"""


def config(folder):
    """The text of `models.config` for all models in a folder, with their two latest versions.

    Args:
        folder: holds folders of models, as `kgen.export` writes them; the server sees it as /models.

    Returns:
        String: a ModelServerConfig in text form, models in the order of their names.

    Raises:
        ValueError: no model in the folder.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = kgen.export(kgen.GAN((2,), hidden_units=(4,)), f"{folder}/points", ["generate"])
    ...     print(kgen.serving.config(folder), end="")
    model_config_list {
      config {
        name: "points"
        base_path: "/models/points"
        model_platform: "tensorflow"
        model_version_policy { latest { num_versions: 2 } }
      }
    }

    Reference: TensorFlow Serving, "Serving Configuration".
    """
    names = [model.name for model in graph.models(folder)]
    if not names:
        raise invalid("folder", "a folder with exported models", folder=str(folder))
    return f"model_config_list {{\n{''.join(map(_entry, names))}}}\n"


def _entry(name):
    return CONFIG.format(name=_quoted(name), path=_quoted(f"{ROOT}/{name}"), kept=KEPT)


def _quoted(text):
    return json.dumps(text, ensure_ascii=False)
