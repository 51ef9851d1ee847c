"""Compare implementations of one small network: `python compare.py --help`."""

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until main() listens, Ctrl-C ends the program without a traceback

import os
import sys
import traceback
from pathlib import Path

from cyclopts import App, CycloptsError

from shared.benching.options import Timed
from shared.checking.options import Examined
from shared.comparing import options
from shared.network import Activation, InputError

CLOSED_PIPE = 141  # as if by signal 13, SIGPIPE

app = App(
    name="compare.py",
    help="Train one small network in several frameworks, and judge every number against its true value.",
    help_epilogue="Exit status: 0 all agree, 1 something disagrees, 2 could not run, 130 interrupted.\n"
    "With --debug, an internal error is shown with its traceback.",
    help_format="plaintext",
    version_flags=(),
    suppress_keyboard_interrupt=False,
)


@app.default
def compare(
    *,
    examples: options.Examples = options.Examples(),
    compared: options.Compared = options.Compared(),
    descent: options.Descent = options.Descent(),
    saved: options.Saved = options.Saved(),
    pieces: options.Pieces = options.Pieces(),
    results: options.Results = options.Results(),
) -> int:
    """Compare implementations of the network."""
    from shared.distributing import launch
    from shared.distributing.place import place

    choices = options.Choices(examples, descent, compared, pieces, saved, results)
    if (pieces.processes or 1) > 1 and not place():
        return launch.run_processes(pieces.processes or 1, pieces.engine, [__file__, *options.arguments(*choices)])
    team = launch.joined(pieces.engine, compared.device)
    if not team.leads:
        from shared.comparing.following import follow

        follow(team, examples, compared)
        return 0

    from shared.comparing import outputs
    from shared.comparing.command import prepared
    from shared.report.results import write
    from shared.report.terminal import Terminal

    show = Terminal()
    with prepared(choices, team) as comparison:
        show.header(comparison.record)
        comparison.run(show.stage)
    try:  # first: whoever reads the screen may leave early
        write(show, comparison.record, results.json, results.report)
        if saved.save_trained:
            outputs.save_trained(saved.save_trained, comparison.record)
    finally:  # the disk may be full
        show.results(comparison.record)
    return 0 if comparison.record.verdict == "agree" else 1


@app.command(help_epilogue="")
def predict(
    *photos: Path,
    weights: Path | None = None,
    source: options.Source = options.Source(),
    frameworks: str = "numpy,torch,jax",
    activation: Activation | None = None,
    channels: options.Channels | None = None,
    scaling: options.Scaling | None = None,
    json: Path | None = None,
) -> int:
    """Run your own pictures through a trained network in every framework: what it predicts, and whether they agree.

    Exit status: 0 all agree, 1 something disagrees, 2 could not run.

    Parameters
    ----------
    photos
        Pictures of any size: PNG, JPEG, GIF, BMP, WebP, TIFF.
    weights
        A file that `python compare.py --save-trained FILE` wrote, or any other that --weights of the comparison takes.
        [default: NumPy trains first, at the default settings]
    source
        The training set: the pictures are resized and scaled like its examples.
    frameworks
        What to compare, as in the comparison.
    activation
        The activation of the hidden layer. [default: what the weights were trained with, or relu]
    channels
        gray or rgb. [default: what the weights were trained with, or gray]
    scaling
        unit, symmetric or standard. [default: what the weights were trained with, or standard]
    json
        Write all results to this file, as JSON.
    """
    from shared.comparing import outputs, predicting, setup
    from shared.report import json_file, prediction
    from shared.report.terminal import Terminal

    show, names = Terminal(), setup.names_of(frameworks)
    outputs.check([json], [*photos, weights, source.train, *map(Path, names.values())])
    asked = {"activation": activation, "channels": channels, "scaling": scaling}
    predictions = predicting.predict(photos, weights, source, asked, names, show.stage)
    try:
        if json:
            json_file.write(json, prediction.as_dict(predictions))
    finally:
        prediction.show(show, predictions)
    return 0 if predictions.record.verdict == "agree" else 1


@app.command(help_epilogue="")
def check(
    file: Path | None = None,
    /,
    *,
    asked: Examined = Examined(),
    source: options.Source = options.Source(),
    json: Path | None = None,
) -> int:
    """Examine your own backprop: which line is wrong, why, and what to write instead; or the proof that it is right.

    Your file runs in a process of its own, with all the rights that you have.
    Exit status: 0 certified (with limits or without), 1 wrong, 2 could not run, 3 cannot tell.

    Parameters
    ----------
    file
        Your Python file or notebook, as it is.
    asked
        What to examine in it, and how much time and memory it may take.
    source
        Where the examples of the last, large problem come from.
    json
        Write all results to this file, as JSON.
    """
    if asked.template:
        from shared.checking.template import TEMPLATE

        print(TEMPLATE, end="")
        return 0
    if file is None:
        raise InputError("check needs your file: python compare.py check my_backprop.py (--template prints one)")

    from shared.checking import checkup, lines, problems, told
    from shared.checking.sandbox.program import Program
    from shared.comparing import outputs, setup
    from shared.report import checkup as views
    from shared.report import json_file
    from shared.report.terminal import Terminal

    show = Terminal()
    outputs.check([json], [file, source.train])
    memory = int(asked.memory * 1e9) if asked.memory else None
    with lines.with_hidden_units(asked.activation):
        with Program(file, asked.timeout, asked.entry or "", memory) as program:
            examples = setup.load(options.Data(**vars(source))).train
            with show.stage(f"{file.name}: solving problems", problems.COUNT) as progress:
                result = checkup.check(program, program.fitted(problems.everything(examples.X, examples.Y)), progress)
                result.examination.remarks[:0] = program.said
        try:
            if json:
                json_file.write(json, told.as_dict(result))
        finally:
            views.show(show, result)
    return result.status(asked.strict)


@app.command(help_epilogue="")
def lessons(
    name: str | None = None,
    /,
    *,
    frameworks: str = "numpy,torch,jax",
    report: Path | None = None,
) -> int:
    """List the lessons, or run one: what it claims, what was measured, and whether the two agree.

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
    from shared.comparing import outputs, setup
    from shared.lessons import lesson
    from shared.report import lesson as views
    from shared.report.terminal import Terminal

    show = Terminal()
    if name is None:
        views.index(show)
        return 0
    chosen, names = registry.load(name), setup.names_of(frameworks)
    outputs.check([outputs.page_in(report, f"{name}.svg")], [])
    views.before(show, name, chosen)
    loaded = {short: implementations.load(source) for short, source in names.items()}
    with show.stage(name, len(loaded)) as progress:
        outcome = lesson.run(name, chosen, loaded, progress)
    views.after(show, outcome, report)
    return 0 if outcome.as_expected else 1


@app.command(help_epilogue="")
def bench(
    *,
    data: options.Data = options.Data(),
    timed: Timed = Timed(),
    descent: options.Descent = options.Descent(),
    results: options.Results = options.Results(),
) -> int:
    """Measure how long a step takes, how close that is to its arithmetic alone, and how other libraries compare.

    Exit status: 0 all did the same job, 1 a curve disagrees or something failed, 2 could not run.
    """
    from shared.benching import benchmark, setup
    from shared.report import bench as views
    from shared.report.results import write_bench
    from shared.report.terminal import Terminal

    show = Terminal()
    plan, starts, record = setup.prepared(data, timed, descent, results)
    views.before(show, record)
    benchmark.run(record, plan, starts, show.still_stage)
    try:
        write_bench(record, results.json, results.report)
    finally:
        views.show(show, record)
    return 0 if record.verdict == "agree" else 1


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    from shared.report.screen import Output, Screen, hear_interrupts, show_warnings

    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug, screen = "--debug" in arguments, Screen()
    arguments = [word for word in arguments if word != "--debug"]
    show_warnings(screen)
    hear_interrupts()
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        status = app(arguments, console=Output(), exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
        return CLOSED_PIPE if Output.left_alone else int(status or 0)
    except KeyboardInterrupt as interrupt:
        screen.error("interrupted")
        return 128 + next(iter(interrupt.args), signal.SIGINT)
    except BrokenPipeError:  # from print, which does not go through Output
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    except (CycloptsError, InputError, ArithmeticError, OSError, MemoryError) as error:
        screen.say_as_is(getattr(error, "details", ""))
        screen.error(str(error).strip() or type(error).__name__)
        return 2
    except BaseException as error:  # an internal error must not pass for a verdict
        if debug:
            traceback.print_exc()
        hint = "internal error" if debug else "internal error: --debug shows where"
        screen.error(f"{type(error).__name__}: {error} ({hint})")
        return 2


if __name__ == "__main__":
    sys.exit(main())
