"""From a model to TensorFlow Serving: export, check, load."""

from .archive import export
from .graph import OLDEST_SERVER, forbidden_operations, version_directory, versions
from .loaded import load
from .verify import check

__all__ = [
    "OLDEST_SERVER",
    "check",
    "export",
    "forbidden_operations",
    "load",
    "version_directory",
    "versions",
]
