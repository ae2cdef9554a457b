"""Trains a VAE and a DCGAN on real digits in three minutes, then evaluates, exports and checks them."""

import pathlib

import numpy as np

from kgen import latents, pictures
from kgen.cli import data, folder
from kgen.cli.building import load_run
from kgen.cli.evaluate import table
from kgen.cli.export import export
from kgen.cli.judging.evidence import Evidence
from kgen.cli.judging.report import report
from kgen.cli.train import train

SHARED = {"data": "digits", "image_size": 16, "batch_size": 64}
VAE_OPTIONS = {**SHARED, "epochs": 20, "steps": 2600}
VAE_SETTINGS = ["hidden_units=256,256", "latent_dim=8"]
DCGAN_OPTIONS = {**SHARED, "epochs": 25, "steps": 2000}
DCGAN_SETTINGS = [
    "width=32",
    "latent_dim=16",
    "ema_momentum=0.99",
    "generator_learning_rate=5e-4",
    "discriminator_learning_rate=5e-4",
]
AXES, STEPS = 5, np.linspace(-2.5, 2.5, 11)


def add_arguments(parser):
    """Adds the option of `kgen demo`."""
    parser.add_argument(
        "--out", default="kgen-demo", metavar="DIR", help="empty or new folder (default: kgen-demo)"
    )


def run(arguments):
    """Runs the demo in a new folder."""
    out = pathlib.Path(arguments.out)
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise ValueError(f"{out} exists and is no empty folder. Choose another --out.")
    vae, vae_options = _trained("vae", VAE_OPTIONS, VAE_SETTINGS, out)
    _show_codes(vae, vae_options, out / "vae")
    _trained("dcgan", DCGAN_OPTIONS, DCGAN_SETTINGS, out)
    print(CLOSING.format(out=out))


def _trained(name, options, settings, out):
    """Trains, evaluates, exports and checks one model; returns it as it comes back from its folder."""
    run_folder = train(name, options, settings, out / name)
    model, options, manifest = load_run(run_folder)
    print("\n" + table(report(Evidence(model, options, manifest["step"]))) + "\n")
    export(model, out / folder.SAVED / f"digits_{name}", check=True)
    print()
    return model, options


def _show_codes(vae, options, out):
    """Reconstructions of held-out digits, and walks along the axes on which the codes differ most."""
    real = data.pictures_of(data.held_out(options, vae.image_shape[:2])[0])
    pairs = np.stack(
        [real[:20] / np.float32(255), vae.reconstruct(real[:20]).numpy()], axis=1
    )  # [20, 2, H, W, C]
    rows = pairs.reshape(2, 10, 2, *vae.image_shape).swapaxes(1, 2).reshape(-1, *vae.image_shape)
    pictures.save_png(out / "reconstructions.png", pictures.grid(rows, columns=10))
    codes = vae.encode(real)[0].numpy()
    axes = np.argsort(-codes.std(axis=0))[:AXES]
    walks = vae.decode(latents.traverse(codes[0], axes, STEPS)).numpy()
    pictures.save_png(out / "traversal.png", pictures.grid(walks, columns=len(STEPS)))


CLOSING = """Written to {out}:
  vae/samples/, dcgan/samples/     a grid of samples per epoch, and training.gif
  vae/curves.png, dcgan/curves.png losses and Frechet distance per epoch
  vae/traversal.png                each row walks along one axis of the latent space
  vae/reconstructions.png          held-out digits, below each row what its codes give back
  vae/model.keras, dcgan/model.keras
  saved_models/digits_vae/1, saved_models/digits_dcgan/1   for tensorflow_model_server
Try next:
  kgen sample {out}/dcgan --num-samples 64 --seed 7
  kgen train dcgan --data mnist --epochs 5 --out runs/mnist   (downloads MNIST)
  kgen train vae --data FOLDER_OF_PICTURES --set latent_dim=32
  tensorboard --logdir {out}"""
