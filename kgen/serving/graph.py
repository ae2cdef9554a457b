"""What the graph of a SavedModel holds, and what of it a stock TensorFlow Serving does not run."""

import pathlib

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import op_def_registry

# Compared operation by operation with the library of TensorFlow 2.18.1, whose graph version is 1994.
OLDEST_SERVER = "2.18"
OLDEST_GRAPH_VERSION = 1994
NEWER_OPERATIONS = ("DecodeJxl", "DecodeWebP")
NEWER_ATTRIBUTES = (
    ("TensorListGetItem", "Tshape", types_pb2.DT_INT64),
    ("Range", "Tidx", types_pb2.DT_UINT64),
)
STATEFUL_ALLOWED = frozenset(
    """Assert Case For HashTableV2 If LookupTableFindV2 LookupTableSizeV2 Placeholder ReadVariableOp
    ResourceGather StatefulPartitionedCall VarHandleOp While""".split()
)
SAVING = ("__inference__traced_save", "__inference__traced_restore", "__inference__initializer")
XLA = "compiled by XLA, which the server switches off"
NEWER = f"newer than TensorFlow {OLDEST_SERVER}"
HALF = (types_pb2.DT_BFLOAT16, types_pb2.DT_HALF)


def versions(path):
    """Numbers that the children of a folder have for names, in order; empty where there is no folder.

    Example:

    >>> kgen.serving.versions("no/such/folder")
    []
    """
    path = pathlib.Path(path)
    names = [child.name for child in path.iterdir()] if path.is_dir() else []
    return sorted(int(name) for name in names if _is_number(name))


def models(folder):
    """Folders of the models in a folder, by their names: those with a version that holds a SavedModel."""
    children = sorted(pathlib.Path(folder).iterdir()) if pathlib.Path(folder).is_dir() else []
    return [child for child in children if any(_is_saved(child / str(n)) for n in versions(child))]


def _is_saved(version):
    return (version / "saved_model.pb").is_file()


def _is_number(name):
    return name.isascii() and name.isdecimal()


def version_directory(path):
    """The folder of one version: the path itself, or its child with the highest number.

    Raises:
        FileNotFoundError: there is no SavedModel.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for number in (9, 10):
    ...         tf.saved_model.save(tf.Module(), f"{folder}/{number}")
    ...     print(kgen.serving.version_directory(folder).name)
    10
    """
    path = pathlib.Path(path)
    if not (path / "saved_model.pb").is_file() and versions(path):
        path = max((child for child in path.iterdir() if _is_number(child.name)), key=lambda c: int(c.name))
    if not (path / "saved_model.pb").is_file():
        raise FileNotFoundError(f"No SavedModel in {path}: saved_model.pb is missing.")
    return path


def meta_graph(path):
    """MetaGraphDef of a SavedModel under the tag `serve`.

    Raises:
        FileNotFoundError: there is no SavedModel.
        ValueError: the file is damaged.
    """
    file = version_directory(path) / "saved_model.pb"
    try:
        graphs = saved_model_pb2.SavedModel.FromString(file.read_bytes()).meta_graphs
    except DecodeError:
        graphs = ()
    served = [graph for graph in graphs if "serve" in graph.meta_info_def.tags]
    if not served:
        raise ValueError(f"Damaged SavedModel: {file} cannot be parsed.")
    return served[0]


def bodies(graph_def):
    """(name, nodes, attributes) of the graph and of each function in its library."""
    library = [(f.signature.name, f.node_def, f.attr) for f in graph_def.library.function]
    return [("graph", graph_def.node, {}), *library]


def half_precision(graph_def):
    """Whether anything is computed in bfloat16 or float16."""
    nodes = [node for _, nodes, _ in bodies(graph_def) for node in nodes]
    return any(value.type in HALF for node in nodes for value in node.attr.values())


def forbidden_operations(path):
    """What a stock tensorflow_model_server of version 2.18 or later does not run, or not twice alike.

    XLA (the server switches it off), Python functions, CUDA-only operations, operations with a state (random
    numbers among them) but for reading variables, operations unknown to TensorFlow 2.18.1. The list of newer
    operations is complete for an export by TensorFlow 2.21.

    Args:
        path: folder of a version, or of a model with version folders.

    Returns:
        List of "function: operation (reason)", empty for a servable graph.

    Raises:
        FileNotFoundError: there is no SavedModel.
        ValueError: the file is damaged.

    Example:

    >>> import tempfile
    >>> module = tf.Module()
    >>> module.draw = tf.function(lambda: tf.random.uniform([2]), input_signature=[])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tf.saved_model.save(module, folder)
    ...     kgen.serving.forbidden_operations(folder)
    ['...: RandomUniform (keeps a state)']
    """
    graph_def = meta_graph(path).graph_def
    found, library = [], {function.signature.name for function in graph_def.library.function}
    if graph_def.versions.min_consumer > OLDEST_GRAPH_VERSION:
        found.append(f"graph: version {graph_def.versions.min_consumer} ({NEWER})")
    for name, nodes, attributes in bodies(graph_def):
        if _compiled(attributes):
            found.append(f"{name}: _XlaMustCompile ({XLA})")
        reasons = [(node, _reason(node, name.startswith(SAVING), library)) for node in nodes]
        found += sorted({f"{name}: {node.op} ({reason})" for node, reason in reasons if reason})
    return found


def _compiled(attributes):
    return "_XlaMustCompile" in attributes and attributes["_XlaMustCompile"].b


def _reason(node, saving, library):
    """Why a node is not served, or None."""
    if node.op in library:
        return None
    if node.op.startswith(("Xla", "TPU")) or _compiled(node.attr):
        return XLA
    if "PyFunc" in node.op:
        return "a Python function"
    if node.op.startswith("Cudnn") or "GPU" in node.device:
        return "runs on a GPU only"
    if node.op in NEWER_OPERATIONS or any(
        node.op == op and node.attr[name].type == dtype for op, name, dtype in NEWER_ATTRIBUTES
    ):
        return NEWER
    definition = op_def_registry.get(node.op)
    if definition is None:
        return f"unknown to TensorFlow {tf.__version__}"
    stateful = definition.is_stateful and not saving and node.op not in STATEFUL_ALLOWED
    return "keeps a state" if stateful else None


def signatures(graph):
    """Served signatures of a MetaGraphDef.

    Args:
        graph: the MetaGraphDef.

    Returns:
        Dict of signature name to (inputs, outputs), each a dict of name to (tensor name, tf.TensorSpec).
    """
    served = {name: s for name, s in graph.signature_def.items() if not name.startswith("__")}
    return {name: (_tensors(s.inputs), _tensors(s.outputs)) for name, s in sorted(served.items())}


def _tensors(infos):
    return {
        name: (info.name, tf.TensorSpec(tf.TensorShape(info.tensor_shape), tf.as_dtype(info.dtype), name))
        for name, info in sorted(infos.items())
    }
