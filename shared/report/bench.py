"""A benchmark on the terminal."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Column, Table

from shared.benching.record import OWN, Bench, Growth, Spread, Timing
from shared.data.files import at_home
from shared.report.terminal import STYLES, Terminal, number

HEADINGS = ("step\nus", "floor\nus", "x floor\n", "compile\ns", "whole job\ns", "memory\nMiB", "curve\n")
EXPONENT = (
    "exponent: of the size, in the power that fits the seconds best (by least squares on logarithms); ± its error."
)


def before(terminal: Terminal, record: Bench) -> None:
    """Print what comes before the numbers."""
    for line in (*what(record), "", *explanations(record)):
        terminal.say(escape(line))


def what(record: Bench) -> Iterator[str]:
    """Say what runs on what."""
    settings, data, machine = record.settings, record.data["train"], record.machine
    yield (
        f"{data['features']}-{settings['hidden']}-1, {settings['activation']}, {data['examples']} examples, "
        f"{settings['iterations']:,} steps at rate {settings['learning_rate']:g}, weights {settings['weights']}: "
        "the same for all"
    )
    yield (
        f"train     {at_home(data['path'])}: {settings['channels']}, {settings['scaling']} scaling, "
        f"sha256 {data['sha256'][:16]}"
    )
    yield "versions  " + ", ".join(f"{name} {version}" for name, version in record.versions.items())
    yield f"machine   {machine['system']}, {machine['processor']}, {machine['processors']} processors"
    for name, reason in record.left_out.items():
        yield f"left out  {name}: {reason}"


def explanations(record: Bench) -> Iterator[str]:
    """Say what is timed and what is not, how threads are set, and what the spread is."""
    settings, threads = record.settings, record.settings["threads"]
    processors = "one processor" if threads == 1 else f"{threads} processors"
    bound = f"each process may use {processors}" if record.machine["bound"] else "no process can be bound here"
    yield (
        "Timed: steps of full-batch gradient descent (forward, backward, update, the cost before it), "
        f"{settings['iterations']:,} in {settings['rounds']} rounds. In each round every contestant takes its turn, in "
        "its own process."
    )
    yield (
        "floor: the two large products of a step alone, W1 X and dZ1 X', through the same library and in the layouts "
        "of the contestant, in the same turn. x floor: how many times that a step takes."
    )
    yield (
        "Not in a step: reading and converting data, building the model, compiling, the first call. compile is shown "
        "apart; whole job is everything but imports, from NumPy arrays to the last step."
    )
    yield (
        f"Threads: {threads} for all: {bound}; OMP_NUM_THREADS, OPENBLAS_NUM_THREADS and MKL_NUM_THREADS say so before "
        "any import, threadpoolctl after it. A turn begins when the threads of the one before are at rest."
    )
    yield "Spread: figures are medians over the rounds, in brackets the quartiles: half of the rounds lie between them."


def show(terminal: Terminal, record: Bench) -> None:
    """Show what was measured."""
    for dtype, timings in record.timings.items():
        terminal.say(f"\n[bold]{dtype}[/]")
        terminal.table(timings_table(timings))
    for title, rows in growth_tables(record).items():
        terminal.say(f"\n{title}")
        terminal.table(growth_table(rows))
    if record.growth:
        terminal.say(EXPONENT)
    for line in disturbance(record):
        terminal.say(f"\n{line}")
    for line in complaints(record):
        terminal.say(f"\n{escape(line)}")
    if record.verdict == "agree":
        terminal.say("\n[bold green]all agree[/]: every curve is that of this training")
    else:
        names = ", ".join(f"{name} in {dtype}" for name, dtype in record.disagreements)
        terminal.say(f"\n[bold red]disagree[/]: {escape(names)}")


def disturbance(record: Bench) -> Iterator[str]:
    """Say how busy others were meanwhile."""
    if record.share_of_others is not None:
        share = f"{record.share_of_others:.1%}"
        yield f"Meanwhile other programs had {share} of the processors' time: the less, the better."


def complaints(record: Bench) -> list[str]:
    """Say what is wrong with each contestant that did not do the same job."""
    return [f"{name} in {dtype}: {complaint(record.timings[dtype][name])}" for name, dtype in record.disagreements]


def complaint(timing: Timing) -> str:
    """Say what is wrong with a contestant."""
    if timing.problem or not timing.curve:
        return timing.problem
    return (
        f"this is another training: its costs leave the band of correct curves at step {timing.curve.leaves_band_at}, "
        f"and are up to {timing.curve.largest_distance:.1e} from the reference"
    )


def timings_table(timings: dict[str, Timing]) -> Table:
    """Make the table with a row for each contestant."""
    table = Table("\n", *(Column(heading, justify="right", no_wrap=True) for heading in HEADINGS), box=None)
    for name, timing in timings.items():
        style = STYLES.get(timing.verdict, STYLES["wrong"])
        *figures, verdict = map(escape, cells(timing))
        table.add_row(escape(name), *figures, f"[{style}]{verdict}[/]")
    return table


def cells(timing: Timing) -> list[str]:
    """Write what a contestant took, in the order of the headings."""
    return [
        spread(timing.step, 1e6),
        spread(timing.floor, 1e6),
        spread(timing.ratio, 1, 2),
        number(timing.seconds_to_compile, ".2f"),
        number(timing.seconds_in_all, ".2f"),
        number(timing.peak_memory, ",.0f", 2**-20),
        timing.verdict,
    ]


def spread(figure: Spread | None, scale: float, digits: int = 0) -> str:
    """Write a median and its quartiles: 254 [248 262]; a dash where there is none."""
    if figure is None:
        return "-"
    median, low, high = (f"{value * scale:,.{digits}f}" for value in (figure.median, figure.low, figure.high))
    return f"{median} [{low} {high}]"


def growth_tables(record: Bench) -> dict[str, list[list[str]]]:
    """Return the rows of the sweep's tables by their titles, the first with the sizes; peers come without floors."""
    tables: dict[str, list[list[str]]] = {}
    for growth in record.growth:
        title = f"How a step grows with {growth.along}, in {record.settings['sweep']}: microseconds"
        if growth.what == "floor" and record.contestants[growth.name] != OWN:
            continue
        sizes = [f"{size:,}" for size in growth.sizes]
        tables.setdefault(title, [[growth.along, *sizes, "exponent"]]).append(growth_cells(growth))
    return tables


def growth_cells(growth: Growth) -> list[str]:
    """Write how a contestant's step grows, or its floor."""
    microseconds = [f"{seconds * 1e6:,.0f}" for seconds in growth.seconds]
    name = growth.name if growth.what == "step" else f"{growth.name}: floor"
    return [name, *microseconds, f"{growth.exponent:.2f} ± {growth.error:.2f}"]


def growth_table(rows: list[list[str]]) -> Table:
    """Make a table of the sweep."""
    first, *sizes = rows[0]
    table = Table(first, *(Column(size, justify="right", no_wrap=True) for size in sizes), box=None)
    for row in rows[1:]:
        table.add_row(*map(escape, row))
    return table
