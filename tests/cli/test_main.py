import subprocess

import pytest

import kgen
from kgen.cli import main
from tests.cli.toy import process


@pytest.mark.parametrize(
    "words, hint",
    [
        (["trian", "dcgan"], "`train`"),
        (["train", "dcgna"], "`dcgan`"),
        (["train", "dcgan", "--epoch", "3"], "`--epochs`"),
        (["train", "--epoch", "3", "dcgan"], "`--epochs`"),
        (["--verson"], "`--version`"),
        (["train", "vae", "--set", "latent_dm=3"], "`latent_dim`"),
        (["train", "vae", "--set", "learning_rat=3"], "`learning_rate`"),
        (["train", "vae", "--set", "optimizer=adan"], "`adam`"),
        (["train", "gan", "--set", "generator_optimizer=rmsporp"], "`rmsprop`"),
        (["train", "vae", "--set", "latent_dim"], "NAME=VALUE"),
        (["train", "vae", "--set", "latent_dim=0", "--dry-run"], "latent_dim=0"),
        (["train", "vae", "--set", "likelihood=cauchy", "--dry-run"], "'bernoulli'"),
        (["train", "vae", "--set", "learning_rate=nan", "--dry-run"], "learning_rate"),
        (["train", "vae", "--set", "learning_rate=-0.1", "--dry-run"], "positive"),
        (["train", "vae", "--set", "image_shape=8,8,1"], "--image-size"),
        (["train", "vae", "--set", "encoder=x"], "Python"),
        (["train", "vae", "--batch-size", "0", "--dry-run"], "batch_size=0"),
        (["train", "vae", "--batch-size", "5000", "--dry-run"], "1437"),
        (["train", "vae", "--seed", "-1", "--dry-run"], "seed"),
        (["train", "vae", "--epochs", "0", "--dry-run"], "epochs=0"),
        (["train", "vae", "--epochs", "many"], "'many'"),
        (["train", "vae", "--data", "./nowhere"], "nowhere"),
        (["train", "vae", "--data", "minst"], "mnist"),
        (["train", "vae", "--reset-optimizer"], "--resume"),
        (["datasets", "prepare"], "NAME"),
        (["datasets", "prepare", "minst"], "mnist"),
        ([], "COMMAND"),
    ],
)
def test_bad_words_give_one_line(line, tmp_path, monkeypatch, words, hint):
    monkeypatch.chdir(tmp_path)
    assert hint in line(*words)
    assert not any(tmp_path.iterdir())


def test_python_m_kgen_has_no_traceback_and_no_chatter(tmp_path):
    done = process("sample", "nothing", cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = done.communicate()
    assert (done.returncode, out, err) == (2, "", "kgen: There is no run in nothing.\n")


def test_version_and_help(capsys):
    for option, word in (("--version", kgen.__version__), ("--help", "evaluate")):
        with pytest.raises(SystemExit) as exit_code:
            main([option])
        assert exit_code.value.code == 0
        assert word in capsys.readouterr().out


def test_models_names_every_model_with_its_paper(capsys):
    assert main(["models"]) == 0
    rows = {row.split()[0]: row for row in capsys.readouterr().out.splitlines()[1:]}
    assert set(rows) == set(kgen.models.MODELS)
    assert "1406.2661" in rows["gan"] and "1511.06434" in rows["dcgan"] and "1312.6114" in rows["vae"]


def test_datasets_lists_the_bundled_one_first(capsys):
    assert main(["datasets"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == ["digits", "yes"]


def test_prepare_of_the_bundled_one_prints_where_it_is(capsys):
    assert main(["datasets", "prepare", "digits"]) == 0
    assert "digits" in capsys.readouterr().out


def test_interruption_and_divergence_have_their_own_exit_codes(monkeypatch, capsys):
    def stop(error):
        def run(arguments):
            raise error

        return run

    monkeypatch.setattr("kgen.cli.models.run", stop(KeyboardInterrupt()))
    assert main(["models"]) == 130
    monkeypatch.setattr("kgen.cli.models.run", stop(FloatingPointError("10 training steps\nwere skipped")))
    assert main(["models"]) == 1
    assert capsys.readouterr().err == "kgen: 10 training steps were skipped\n"
    monkeypatch.setattr("kgen.cli.models.run", stop(RuntimeError("a bug")))
    with pytest.raises(RuntimeError):
        main(["models"])
