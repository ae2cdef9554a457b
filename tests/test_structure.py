"""Who may import whom, how long things may be, and what is public."""

import ast
import inspect
import pathlib
import subprocess
import sys

import pytest

import kgen

ROOT = pathlib.Path(kgen.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
ALLOWED = {
    "models": {
        "base",
        "datasets",
        "adversarial",
        "one_player",
        "two_player",
        "game",
        "pool",
        "labelled",
        "language",
        "packing",
        "step",
        "execution",
        "optimizers",
        "networks",
        "losses",
        "layers",
        "noise",
        "inputs",
        "modalities",
        "errors",
        "episode",
        "rollouts",
        "updates",
    },
    "networks": {"networks", "layers", "errors"},
    "layers": {"layers", "noise", "errors"},
    "losses": {"losses", "replicas", "errors"},
    "noise": set(),
    "oracle": {"noise", "sampling", "errors"},
    "callbacks": {"callbacks", "pictures", "sounds", "noise", "state", "errors"},
    "metrics": {"metrics", "pictures", "sounds", "noise", "oracle", "state", "errors", "layers"},
    "serving": {"serving", "pictures", "noise", "state", "errors", "chatter"},
    "datasets": {
        "datasets",
        "pictures",
        "sounds",
        "noise",
        "oracle",
        "state",
        "errors",
        "chatter",
        "modalities",
    },
}


def part(path):
    """The room a file stands in: models, networks, ..., or its own name at the top."""
    relative = path.relative_to(ROOT)
    return relative.parts[0].removesuffix(".py")


def imports(path):
    """Parts of kgen that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "kgen":
            words = node.module.split(".")[1:]
            found |= {words[0]} if words else {alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("kgen.")}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_house(path):
    room = part(path)
    if room in ALLOWED and path.name != "__init__.py":
        assert imports(path) <= ALLOWED[room]
    if room not in ("cli", "__main__"):
        assert "cli" not in imports(path)
    assert not any(isinstance(n, ast.ImportFrom) and n.level for n in ast.walk(ast.parse(path.read_text())))


def test_no_model_imports_another():
    names = {path.stem for path in (ROOT / "models").glob("*.py")}
    for path in (ROOT / "models").glob("[!_]*.py"):
        modules = {n.module for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ImportFrom)}
        assert not modules & {f"kgen.models.{name}" for name in names}


def test_functions_and_files_stay_short():
    for path in FILES:
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                assert not body or node.end_lineno - body[0].lineno < 40, f"{path.name}: {node.name}"


def test_every_public_name_is_documented():
    for name in kgen.__all__:
        assert (getattr(kgen, name).__doc__ or "").strip(), name


def objects(name, thing):
    """Pairs (name, object) of what a module shows, or of the thing itself; a constant has no docstring."""
    if not inspect.ismodule(thing):
        return [(name, thing)] if callable(thing) else []
    kinds = [(n, v) for n, v in vars(thing).items() if inspect.isfunction(v) or inspect.isclass(v)]
    own = [n for n, v in kinds if v.__module__ == thing.__name__ and not n.startswith("_")]
    shown = getattr(thing, "__all__", own)
    return [pair for n in shown for pair in objects(f"{name}.{n}", getattr(thing, n))]


def test_every_public_object_has_an_example():
    public = [pair for name in kgen.__all__ for pair in objects(name, getattr(kgen, name))]
    missing = [name for name, thing in public if ">>>" not in (thing.__doc__ or "")]
    assert not missing, ", ".join(missing)


def test_the_public_surface_is_a_page():
    assert len(kgen.__all__) == len(set(kgen.__all__)) <= 60
    assert all(hasattr(kgen, name) for name in kgen.__all__)


def test_import_prints_nothing():
    done = subprocess.run([sys.executable, "-c", "import kgen"], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
