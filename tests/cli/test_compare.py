import json

from kgen.cli import main


def test_the_table_shows_what_differs_and_what_was_reached(runs, capsys):
    capsys.readouterr()
    assert main(["compare", str(runs / "gan"), str(runs / "vae"), "--num-samples", "60"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split("  ")[0]: line for line in lines}
    assert "gan" in rows["model"] and "vae" in rows["model"]
    assert rows["seed"].split()[1:] == ["3", "0"]
    assert "batch_size" not in rows and "data" not in rows
    assert rows["frechet_distance"].count("floor") == 2
    assert rows["kl_loss"].split()[1:][0] and len(rows["real_accuracy"].split()) == 2


def test_json_holds_the_values_of_evaluate(runs, capsys):
    words = ["--num-samples", "60", "--metrics", "frechet_distance", "--json"]
    found = []
    for verb in ("compare", "evaluate"):
        capsys.readouterr()
        assert main([verb, str(runs / "gan"), *words]) == 0
        found.append(json.loads(capsys.readouterr().out))
    compared, evaluated = found
    assert compared["options"] == {}
    own = compared["metrics"][str(runs / "gan")]
    assert own["frechet_distance"] == evaluated["distances"]["frechet_distance"]
    assert own["step"] == evaluated["step"] == 22


def test_other_data_do_not_compare(runs, tmp_path, capsys):
    from tests.cli.toy import train

    assert train("gan", tmp_path / "gan", "--epochs", "1", "--steps", "4", "--image-size", "10") == 0
    capsys.readouterr()
    words = ["--num-samples", "40", "--metrics", "verdict"]
    assert main(["compare", str(runs / "gan"), str(tmp_path / "gan"), *words]) == 0
    assert "do not compare" in capsys.readouterr().out


def test_a_missing_run_is_named(runs, line):
    assert "There is no run" in line("compare", runs / "gan", runs / "nothing")
