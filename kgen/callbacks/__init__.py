"""Callbacks for `fit`: sheets, clips, sounds and texts of samples, watches on bad steps and collapse, resuming."""

from kgen.callbacks.clip_samples import ClipSamples
from kgen.callbacks.guard import NonFiniteGuard
from kgen.callbacks.joint_samples import JointSamples
from kgen.callbacks.samples import Samples
from kgen.callbacks.sound_samples import SoundSamples
from kgen.callbacks.spread import diversity
from kgen.callbacks.text_samples import TextSamples
from kgen.callbacks.training_state import TrainingState
from kgen.callbacks.watchdog import CollapseWatchdog

__all__ = [
    "ClipSamples",
    "CollapseWatchdog",
    "JointSamples",
    "NonFiniteGuard",
    "Samples",
    "SoundSamples",
    "TextSamples",
    "TrainingState",
    "diversity",
]
