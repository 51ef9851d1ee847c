"""Compare implementations of one small network: `python compare.py --help`."""

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until main() listens, Ctrl-C ends the program without a traceback

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter, Token
from cyclopts.validators import Number

from shared.network import Activation, Device, DtypeName, InputError, MatmulPrecision, Settings

INTERRUPTED = 128 + signal.SIGINT
CLOSED_PIPE = 141  # as if by signal 13, SIGPIPE


def whole(_: type, tokens: Sequence[Token]) -> int:
    """Take whole numbers only: 1.9 is a mistake, not 2."""
    return int(tokens[0].value)


MOST = 10**9
"""No number of steps, hidden units or examples is larger: NumPy would raise what says nothing to the user."""

Positive = Annotated[int, Parameter(converter=whole, validator=Number(gte=1, lte=MOST))]

app = App(
    name="compare.py",
    help="Train one small network in several frameworks, and judge every number against its true value.",
    help_epilogue="Exit status: 0 all agree, 1 something disagrees, 2 could not run, 130 interrupted.",
    help_format="plaintext",
    version_flags=(),
    suppress_keyboard_interrupt=False,
)


@app.default
def compare(
    *,
    train: Path | None = None,
    test: Path | None = None,
    frameworks: str = "numpy,torch,jax",
    dtype: DtypeName = "float64",
    iterations: Positive = 2500,
    learning_rate: Annotated[float, Parameter(validator=Number(gt=0, lt=float("inf")))] = 0.0075,
    hidden: Positive | None = None,
    activation: Activation = "relu",
    seed: Annotated[int, Parameter(converter=whole, validator=Number(gte=0))] = 1,
    weights: Path | None = None,
    save_weights: Path | None = None,
    save_trained: Path | None = None,
    channels: Literal["gray", "rgb"] = "gray",
    scaling: Literal["unit", "symmetric", "standard"] = "standard",
    device: Device = "cpu",
    matmul_precision: MatmulPrecision = "default",
    chunk: Positive | None = None,
    resume: Path | None = None,
    json: Path | None = None,
    exact_curve: Annotated[bool, Parameter(negative=())] = False,
    curvature: Annotated[bool, Parameter(negative=())] = False,
    report: Path | None = None,
) -> int:
    """Compare implementations of the network.

    Parameters
    ----------
    train
        HDF5 file with train_set_x and train_set_y. [default: photographs that come with scikit-image]
    test
        HDF5 file with test_set_x and test_set_y.
    frameworks
        What to compare: numpy, torch, jax, numpy_gram, jax_gram, or the path of a .py file with the same functions;
        separated by commas.
    dtype
        The precision of everything that is compared.
    iterations
        How many steps of gradient descent.
    learning_rate
        The size of a step.
    hidden
        How many hidden units. [default: 8, or as many as the file of --weights has]
    activation
        The activation of the hidden layer.
    seed
        Draws the initial weights.
    weights
        Take the initial weights W1 b1 W2 b2 from this .safetensors or .npz file.
    save_weights
        Write the initial weights to this .safetensors file: with --weights, another run starts from them.
    save_trained
        Write the weights that the first framework has trained to this .safetensors file: `predict` takes them.
    channels
        gray: the mean of the three channels. rgb: three inputs for each pixel.
    scaling
        unit: 0 to 1. symmetric: -1 to 1. standard: zero mean and unit variance over the training set.
    device
        Where PyTorch and JAX compute. NumPy and the true values stay on the CPU.
    matmul_precision
        How PyTorch and JAX multiply float32 matrices: as they do by themselves, or with every bit.
    chunk
        Go through the examples in chunks of so many, read from the file. [default: if more than 2,000, or than fit]
    resume
        Keep the training in this .safetensors file after every step, and go on from there if it is there already.
    json
        Write everything that was found to this file.
    exact_curve
        Train in ball arithmetic too, and say how far each curve is from that of real numbers (half a minute or more).
    curvature
        Show what makes correct curves part: the largest eigenvalue of the Hessian along the training, and the kinks.
    report
        Write report.html, a page with pictures that explains the results, into this folder.
    """
    options = dict(locals())
    from shared.comparing import setup, workers
    from shared.report import json_file, terminal

    show = terminal.Terminal()
    names = setup.names_of(frameworks)
    setup.check_learning_rate(learning_rate, dtype)
    for path in (json, save_weights, save_trained, setup.page_in(report)):
        setup.check_writable(path)
        setup.check_not_overwritten(path, train, test, weights, *map(Path, names.values()))
    setup.check_weights_name(save_trained)
    setup.check_resume(resume, json, save_weights, save_trained, weights)
    in_pieces = setup.in_chunks(train, chunk, resume)
    with workers.helpers() as ask, setup.examples(train, test, channels, scaling, dtype, in_pieces) as data:
        setup.check_size(data, exact_curve=exact_curve, curvature=curvature, report=report)
        parameters = setup.initial_weights(weights, save_weights, data.train.X.shape[0], hidden, seed, dtype)
        settings = Settings(learning_rate, iterations, parameters.W1.shape[0], seed, dtype, activation)
        source = {"weights": str(weights) if weights else f"seed {seed}", "channels": channels, "scaling": scaling}
        source |= {"device": device, "matmul_precision": matmul_precision}
        pieces = {"chunk": setup.chunk_of(data, chunk, dtype)}
        record = setup.new_record({**asdict(settings), **source, **pieces, "frameworks": list(names)}, data)
        record.command = setup.command(options, compare.__kwdefaults__ or {})
        show.header(record)

        from shared.comparing.in_chunks import comparison_of  # it takes its time to import: the header comes first

        compared = comparison_of(record, parameters, data, settings, show.stage, ask, resume, names)
        compared.run(names, exact_curve, curvature)
    show.results(record)
    if json:
        json_file.write(json, record.as_dict())
    if report:
        from shared.report import page  # matplotlib takes its time to import

        with show.stage("the page", 0):
            page.write(report, record)
    if save_trained:
        setup.save_trained(save_trained, record)
    return 0 if record.verdict == "agree" else 1


@app.command(help_epilogue="")
def predict(
    *photos: Path,
    weights: Path | None = None,
    train: Path | None = None,
    frameworks: str = "numpy,torch,jax",
    activation: Activation | None = None,
    channels: Literal["gray", "rgb"] | None = None,
    scaling: Literal["unit", "symmetric", "standard"] | None = None,
    json: Path | None = None,
) -> int:
    """Let a trained network look at your own pictures, in every framework: what it says, and whether they agree.

    Exit status: 0 all agree, 1 something disagrees, 2 could not run.

    Parameters
    ----------
    photos
        Pictures of any size: PNG, JPEG, GIF, BMP, WebP, TIFF.
    weights
        What `python compare.py --save-trained FILE` has saved, or another .safetensors or .npz file with W1 b1 W2 b2.
        [default: NumPy trains first, at the default settings]
    train
        The training set (HDF5): size and scaling of the pictures are taken from it. [default: as in the comparison]
    frameworks
        What to compare, as in the comparison.
    activation
        The activation of the hidden layer. [default: what the weights were trained with, or relu]
    channels
        gray or rgb. [default: what the weights were trained with, or gray]
    scaling
        unit, symmetric or standard. [default: what the weights were trained with, or standard]
    json
        Write everything that was found to this file.
    """
    from shared.comparing import predicting, setup
    from shared.report import json_file, prediction, terminal

    show = terminal.Terminal()
    names = setup.names_of(frameworks)
    setup.check_writable(json)
    setup.check_not_overwritten(json, *photos, weights, train, *map(Path, names.values()))
    asked = {"activation": activation, "channels": channels, "scaling": scaling}
    found = predicting.predict(photos, weights, train, asked, names, show.stage)
    prediction.show(show, found)
    if json:
        json_file.write(json, prediction.as_dict(found))
    return 0 if found.record.verdict == "agree" else 1


@app.command(help_epilogue="")
def check(
    file: Path | None = None,
    /,
    *,
    train: Path | None = None,
    timeout: Annotated[float, Parameter(validator=Number(gt=0))] = 60,
    json: Path | None = None,
    template: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Examine your own backprop: which line is wrong, why, and what to write instead; or the proof that it is right.

    Your file runs with your rights, in a process of its own.
    Exit status: 0 certified, 1 wrong, 2 could not run, 3 cannot tell.

    Parameters
    ----------
    file
        Your Python file, with a function gradients(W1, b1, W2, b2, X, Y).
    train
        Take the examples of the last, large problem from this HDF5 file. [default: photographs of scikit-image]
    timeout
        How many seconds each call of your functions may take.
    json
        Write everything that was found to this file.
    template
        Print a file to start from instead.
    """
    from shared.checking import template as starting_file

    if template:
        print(starting_file.TEMPLATE, end="")
        return 0
    if file is None:
        raise InputError("check needs your file: python compare.py check my_backprop.py (--template prints one)")

    from shared.checking import checkup, problems
    from shared.checking.sandbox.program import Program
    from shared.comparing import setup
    from shared.report import checkup as report
    from shared.report import json_file, terminal

    show = terminal.Terminal()
    setup.check_writable(json)
    setup.check_not_overwritten(json, file, train)
    with Program(file, timeout) as program:
        examples = setup.load_data(train, None, "gray", "standard").train
        with show.stage(f"{file.name}: solving problems", problems.COUNT) as progress:
            found = checkup.check(program, problems.everything(examples.X, examples.Y), progress)
    report.show(show, found)
    if json:
        json_file.write(json, report.as_dict(found))
    return found.status


@app.command(help_epilogue="")
def lessons(
    name: str | None = None,
    /,
    *,
    frameworks: str = "numpy,torch,jax",
    report: Path | None = None,
) -> int:
    """List the lessons, or run one: what to expect, what was seen, and whether it is as expected.

    Exit status: 0 as expected, 1 not as expected, 2 could not run.

    Parameters
    ----------
    name
        The lesson. [default: list them all]
    frameworks
        Where to run it: numpy, torch, jax, numpy_gram, jax_gram, or the path of a .py file with the same functions;
        separated by commas.
    report
        Write the lesson's picture into this folder.
    """
    import implementations
    from shared import lessons as registry
    from shared.comparing import setup
    from shared.lessons import lesson, picture
    from shared.report import lesson as report_on
    from shared.report import terminal

    show = terminal.Terminal()
    if name is None:
        report_on.index(show)
        return 0
    chosen, names = registry.load(name), setup.names_of(frameworks)
    if report:
        report.mkdir(parents=True, exist_ok=True)
        setup.check_writable(report / f"{name}.svg")
    report_on.before(show, name, chosen)
    loaded = {short: implementations.load(source) for short, source in names.items()}
    with show.stage(name, len(loaded)) as progress:
        outcome = lesson.run(name, chosen, loaded, progress)
    report_on.after(show, outcome)
    if report:
        show.say(f"picture: {picture.save(outcome, report)}")
    return 0 if outcome.as_expected else 1


@app.command(help_epilogue="")
def bench(
    *,
    train: Path | None = None,
    frameworks: str | None = None,
    peers: str | None = None,
    dtype: Literal["both", "float32", "float64"] = "both",
    rounds: Positive = 10,
    iterations: Positive = 2500,
    threads: Positive = 1,
    sweep: bool = True,
    learning_rate: Annotated[float, Parameter(validator=Number(gt=0, lt=float("inf")))] = 0.0075,
    hidden: Positive | None = None,
    seed: Annotated[int, Parameter(converter=whole, validator=Number(gte=0))] = 1,
    weights: Path | None = None,
    channels: Literal["gray", "rgb"] = "gray",
    scaling: Literal["unit", "symmetric", "standard"] = "standard",
    json: Path | None = None,
    report: Path | None = None,
) -> int:
    """Measure how long a step takes, how near that is to what its arithmetic takes, and how others do the same job.

    Exit status: 0 all did the same job, 1 a curve disagrees or something failed, 2 could not run.

    Parameters
    ----------
    train
        HDF5 file, as in the comparison.
    frameworks
        What to time: names of implementations, or paths of .py files; separated by commas. [default: all of this suite]
    peers
        Who else: sklearn, keras-jax, keras-torch, flax, torch-nn, or none. [default: all that are installed]
    dtype
        The precision, or both.
    rounds
        How often each takes its turn.
    iterations
        How many steps of gradient descent, in all rounds together.
    threads
        How many threads each may use. With more than one the ratios depend on how quickly threads find each other.
    sweep
        Whether to measure, too, how a step grows with the numbers of examples and of inputs.
    learning_rate
        The size of a step.
    hidden
        How many hidden units, as in the comparison.
    seed
        Draws the initial weights.
    weights
        A file of initial weights, as in the comparison.
    channels
        gray or rgb, as in the comparison.
    scaling
        unit, symmetric or standard, as in the comparison.
    json
        Write everything that was measured to this file.
    report
        Write bench.html, a page with a chart, into this folder.
    """
    options = dict(locals())
    from functools import partial

    from shared.benching import benchmark
    from shared.benching import setup as preparing
    from shared.benching.record import PAGE
    from shared.comparing import setup
    from shared.report import bench as results
    from shared.report import json_file, terminal

    show = terminal.Terminal()
    plan = preparing.plan(frameworks, peers, iterations, rounds, threads, sweep)
    for path in (json, setup.page_in(report, PAGE)):
        setup.check_writable(path)
        setup.check_not_overwritten(path, train, weights, *map(Path, plan.own.values()))
    data = setup.load_data(train, None, channels, scaling)
    starts = preparing.starts(data, weights, hidden, seed, dtype, iterations, learning_rate)
    source = {"weights": str(weights) if weights else f"seed {seed}", "channels": channels, "scaling": scaling}
    record = preparing.new_record(plan, starts, source, data)
    record.command = setup.command(options, bench.__kwdefaults__ or {}, "bench")
    results.before(show, record)
    benchmark.run(record, plan, starts, partial(show.stage, still=True))
    results.show(show, record)
    if json:
        json_file.write(json, record.as_dict())
    if report:
        from shared.report import bench_page  # matplotlib takes its time to import

        bench_page.write(report, record)
    return 0 if record.verdict == "agree" else 1


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    from shared.report.screen import Screen, show_warnings

    screen = Screen()
    show_warnings(screen)
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return int(app(arguments, exit_on_error=False, print_error=False, result_action="return_value") or 0)
    except KeyboardInterrupt:
        screen.error("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # whoever read standard output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    except (CycloptsError, InputError, ArithmeticError, OSError, MemoryError) as error:
        screen.say_as_is(getattr(error, "details", ""))
        screen.error(" ".join(str(error).split()) or type(error).__name__)
        return 2


if __name__ == "__main__":
    sys.exit(main())
