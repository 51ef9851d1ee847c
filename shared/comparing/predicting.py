"""The user's own pictures through a trained network in every framework, each compared with the true probability."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np

import implementations
from shared.comparing import setup
from shared.comparing.answers import call, changed, copies
from shared.comparing.options import Data, Source
from shared.comparing.programs import Stage
from shared.comparing.record import Framework, Record
from shared.data import pictures
from shared.data import weights as weights_file
from shared.data.dataset import Channels, Dataset, Scaling, as_columns
from shared.data.files import one_line
from shared.judging.judge import Judge, Standard
from shared.network import (
    ACTIVATIONS,
    Activation,
    Activations,
    Array,
    Implementation,
    InputError,
    Parameters,
    Settings,
    named,
)

NOTED = {"activation": ACTIVATIONS, "channels": get_args(Channels), "scaling": get_args(Scaling)}
"""The notes that a file of trained weights may hold."""


class PredictingWarning(UserWarning):
    """Something about the weights makes the predictions doubtful. The text is one line."""


@dataclass(frozen=True)
class Options:
    """How pictures become features and go through the network."""

    activation: Activation = "relu"
    channels: Channels = "gray"
    scaling: Scaling = "standard"


@dataclass
class Predictions:
    """What the network says about pictures, in each framework and in real numbers.

    `probabilities[i]` is the true A2 of picture i, to the nearest float64; `labels[i]` is 1 if it is above a half.
    """

    record: Record
    photos: Sequence[Path]
    classes: tuple[str, str]
    probabilities: list[float] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    computed: dict[str, list[float] | None] = field(default_factory=dict)


def predict(
    photos: Sequence[Path],
    weights: Path | None,
    source: Source,
    asked: Mapping[str, str | None],
    names: Mapping[str, str],
    stage: Stage,
) -> Predictions:
    """Let each framework predict, and judge what it computes.

    Parameters
    ----------
    photos
        The pictures.
    weights
        The file of the trained weights; without one, NumPy trains first, at the default settings.
    source
        The training set, which determines the size and the scaling of the pictures. [default: the embedded photographs]
    asked
        The activation, channels and scaling that the user asks for; None leaves them to the notes of the weights.
    names
        The names of the implementations, and the sources that the registry loads them from.
    stage
        Shows progress.
    """
    if not photos:
        raise InputError("predict needs pictures: python compare.py predict PHOTO...")
    notes = weights_file.read_notes(weights) if weights else {}
    options = settle(asked, notes, weights)
    data = setup.load(Data(**vars(source), channels=options.channels, scaling=options.scaling))
    check_notes(notes, data, weights)
    X = columns(photos, data)
    parameters = weights_file.load(weights, X.shape[0], "float64") if weights else trained_now(data, options, stage)
    settings = {**asdict(options), "dtype": "float64", "hidden": parameters.W1.shape[0], "frameworks": list(names)}
    record = setup.new_record({**settings, "weights": weights and str(weights)}, data)
    predictions = Predictions(record, photos, data.train.classes)
    judge = Judge(X, np.zeros((1, X.shape[1])), options.activation)  # nothing that is judged here depends on labels
    with stage("the true probabilities", 0):
        standard = judge.at(parameters)
    predictions.probabilities = standard.right["A2"][0].high[0].tolist()
    predictions.labels = [int(z > 0) for z in standard.right["Z2"][0].high[0]]
    for name, where in names.items():
        with stage(f"{name}: forward", 0):
            record.frameworks[name], A2 = examine(implementations.load(where), judge, standard, parameters)
        predictions.computed[name] = A2[0].tolist() if A2 is not None else None
    return predictions


def settle(asked: Mapping[str, str | None], notes: Mapping[str, str], weights: Path | None) -> Options:
    """Choose what the user asks for, or else what the weights were trained with, or else the default."""
    noted = {key: notes[key] for key, values in NOTED.items() if notes.get(key) in values}
    for key, value in noted.items():
        if asked[key] not in (None, value):
            warn(f"{weights}: these weights were trained with --{key} {value}, not {asked[key]}; leave the option out")
    return Options(**cast(dict[str, Any], noted | {key: value for key, value in asked.items() if value}))


def check_notes(notes: Mapping[str, str], data: Dataset, weights: Path | None) -> None:
    """Warn if the weights were never trained, or were trained on other data."""
    if notes.get("iterations") == "0":
        warn(
            f"{weights}: these are initial weights, not trained ones; "
            "python compare.py --save-trained FILE saves trained ones"
        )
    if notes.get("train_sha256", data.train.sha256) != data.train.sha256:
        warn(
            f"{weights}: these weights were trained on other data than {data.train.path}, from which the scaling is "
            "taken; name their training set with --train"
        )


def columns(photos: Sequence[Path], data: Dataset) -> Array:
    """Read pictures as the columns of X, with the size and the scaling of the training set."""
    height, width = data.train.image_shape[:2]
    pixels = np.array([pictures.read(photo, height, width) for photo in photos])
    return data.scale.features(as_columns(data.scale.white * pixels, data.train.image_shape))


def trained_now(data: Dataset, options: Options, stage: Stage) -> Parameters:
    """Train with NumPy, at the default settings."""
    settings = Settings(activation=options.activation)
    start = weights_file.draw(data.train.X.shape[0], settings.hidden, settings.seed, settings.dtype)
    with stage("numpy: training", settings.iterations) as progress:
        return implementations.load("numpy").train(start, data.train.X, data.train.Y, settings, progress).parameters


def examine(
    implementation: Implementation, judge: Judge, standard: Standard, parameters: Parameters
) -> tuple[Framework, Array | None]:
    """Run the forward pass of an implementation, and judge each line; return its A2, if it is one."""
    inputs = copies(parameters, judge.X, judge.Y)
    layers = call(implementation.forward, Parameters(*inputs[:4]), inputs[4], judge.activation)
    values = named(Activations, layers)
    framework = Framework(quantities={name: standard.judge(name, values[name]) for name in Activations._fields})
    framework.add_changed(changed(inputs, (*parameters, judge.X, judge.Y)))
    for name, judged in framework.quantities.items():
        if judged.verdict != "agrees":
            framework.explanations[name] = judge.explain(framework.quantities, name, parameters, values)
    return framework, None if framework.quantities["A2"].problem else values["A2"]


def warn(text: str) -> None:
    """Warn on behalf of the caller."""
    warnings.warn(one_line(text), PredictingWarning, stacklevel=2)
