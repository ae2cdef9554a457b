"""What all tests share: one seed, no GPU unless asked for, doctests' names."""

import gc
import os

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.ops import gradient_registry

import kgen

# A graph of a test runs a few times only: to improve it takes longer than it saves. Other processes do.
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})

# Workers share the cores; processes that tests start have them all.
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
tf.config.threading.set_intra_op_parallelism_threads(max(1, os.cpu_count() // WORKERS))


@pytest.fixture(autouse=True)
def _reproducible():
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture(autouse=True)
def _doctest_names(doctest_namespace):
    doctest_namespace.update(kgen=kgen, keras=keras, np=np, tf=tf)


def pytest_collection_modifyitems(items):
    """Tests marked `gpu` run where there is one."""
    absent = pytest.mark.skip(reason="no GPU on this machine")
    for item in items:
        if "gpu" in item.keywords and not tf.config.list_physical_devices("GPU"):
            item.add_marker(absent)


def pytest_collection_finish():
    """What was imported is not searched for garbage again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _forgotten():
    """TensorFlow's list of gradients keeps each graph that sums over replicas, some 10 MB a training, for ever."""
    yield
    gradients = gradient_registry._registry
    trained = [name for name in gradients if name.startswith("CustomGradient-")]
    for name in trained:
        del gradients[name]
    if trained:
        gc.collect()


@pytest.fixture(autouse=True, scope="module")
def _frozen():
    """What a file leaves behind is not searched for garbage again."""
    yield
    gc.collect()
    gc.freeze()
