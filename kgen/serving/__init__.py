"""From a model to TensorFlow Serving: export, check, load."""

from kgen.serving.archive import endpoints, export
from kgen.serving.graph import OLDEST_SERVER, forbidden_operations, version_directory, versions
from kgen.serving.loaded import load
from kgen.serving.messages import rows_per_message
from kgen.serving.models_config import config
from kgen.serving.verify import check

__all__ = [
    "OLDEST_SERVER",
    "check",
    "config",
    "endpoints",
    "export",
    "forbidden_operations",
    "load",
    "rows_per_message",
    "version_directory",
    "versions",
]
