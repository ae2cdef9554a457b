from kgen.cli import history


def test_a_repeated_epoch_replaces_its_row(tmp_path):
    path = tmp_path / "history.csv"
    first = history.HistoryFile(path)
    first.on_epoch_end(0, {"loss": 3.0, "val_loss": 4.0})
    first.on_epoch_end(1, {"loss": 2.0, "val_loss": 3.0})
    resumed = history.HistoryFile(path)
    resumed.on_epoch_end(1, {"loss": 2.5, "val_loss": 3.5})
    resumed.on_epoch_end(2, {"loss": 1.0, "val_loss": float("nan")})
    assert [row["epoch"] for row in history.read(path)] == ["1", "2", "3"]
    assert history.curves(path)["loss"] == {1: 3.0, 2: 2.5, 3: 1.0}
    assert [p.name for p in tmp_path.iterdir()] == ["history.csv"]


def test_no_file_is_no_row(tmp_path):
    assert history.read(tmp_path / "none.csv") == [] and history.curves(tmp_path / "none.csv") == {}
