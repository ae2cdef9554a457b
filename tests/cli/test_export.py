from kgen.cli import main


def test_versions_are_counted_and_checked(runs, tmp_path, capsys):
    out = tmp_path / "saved" / "digits"
    assert main(["export", str(runs / "gan"), "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["export", str(runs / "gan"), "--out", str(out), "--check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(out / "2") and "generate" in lines[1] and "model" in lines[2]


def test_a_place_to_write_to_is_needed(runs, line):
    assert "--out" in line("export", runs / "gan")
