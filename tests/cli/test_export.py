from kgen.cli import main


def test_versions_are_counted_and_checked(runs, tmp_path, capsys):
    out = tmp_path / "saved" / "digits"
    assert main(["export", str(runs / "gan"), "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["export", str(runs / "gan"), "--out", str(out), "--check", "--card"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(out / "2") and "generate" in lines[1] and "model" in lines[2]
    cards = [
        sorted(path.name for path in (out / n).iterdir() if path.suffix in (".md", ".png")) for n in "12"
    ]
    assert cards == [[], ["README.md", "samples.png"]]
    assert (out / "2" / "README.md").read_text().startswith("# digits\n")


def test_a_place_to_write_to_is_needed(runs, line):
    assert "--out" in line("export", runs / "gan")


def test_a_place_that_is_a_file_is_refused_before_the_evaluation(runs, tmp_path, line):
    (tmp_path / "file").touch()
    assert "a folder" in line("export", runs / "gan", "--out", tmp_path / "file", "--card")
