"""The result record on the terminal: what runs on what, the tables, what does not agree, the verdict."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Column, Table

from shared.comparing.record import Framework, Record
from shared.data.files import at_home
from shared.judging.verdict import Judgement, Verdict
from shared.network import QUANTITIES
from shared.report import messages
from shared.report.screen import Screen

if TYPE_CHECKING:  # it needs JAX
    from shared.judging.curves.curvature import Curvature

STYLES = {"agrees": "green", "suspect": "bold yellow", "wrong": "bold red"}


class Terminal(Screen):
    """Shows a comparison while it runs and when it is done."""

    def header(self, record: Record) -> None:
        """Say what runs on what."""
        settings, data = record.settings, record.data
        self.say(
            f"[bold]{data['train']['features']}-{settings['hidden']}-1[/], {settings['activation']}, "
            f"{settings['dtype']}, {settings['iterations']:,} iterations at rate {settings['learning_rate']:g}, "
            f"weights {escape(settings['weights'])}"
        )
        for name in ("train", "test"):
            if data[name]:
                self.say(
                    f"{name:9} {escape(at_home(data[name]['path']))}: {data[name]['examples']} examples, "
                    f"{settings['channels']}, {settings['scaling']} scaling, sha256 {data[name]['sha256'][:16]}"
                )
        if settings.get("chunk"):
            from shared.data.streaming import (
                JUDGED_IN_WHOLE as MOST,  # h5py is slow to import; a comparison has it already
            )

            large = data["train"]["examples"] > MOST
            judged = f"; of more than {MOST:,} the first chunk and the last are judged" if large else ""
            self.say(
                f"chunks    of {settings['chunk']:,} examples, read from the file while the program computes{judged}"
            )
        if settings.get("processes", 1) > 1:
            self.say(
                f"processes {settings['processes']}, each with its share of the chunks; sums by {settings['engine']}"
            )
        self.say("versions  " + ", ".join(f"{name} {version}" for name, version in record.versions.items()))
        threads = ", ".join(f"{library} {count}" for library, count in record.machine["threads"].items())
        self.say(f"machine   {record.machine['system']}, {record.machine['processors']} processors, threads: {threads}")
        if record.device != ("cpu", "default"):
            device, precision = record.device
            self.say(f"device    {device} for PyTorch and JAX, matrix products of {precision} precision")
        self.say("")

    def results(self, record: Record) -> None:
        """Show both tables, what does not agree, and the verdict."""
        part = f", in the first and the last chunk ({record.sample:,} examples)" if record.sample else ""
        self.say(f"Distance from the true value, at the initial weights{part}")
        self.table(judged_table({name: f.quantities for name, f in record.frameworks.items()}, "noise", "bound"))
        self.say(messages.allowance(record))
        self.say(
            "\nThe same in units of the spacing: the distance between neighbouring numbers at the largest true value"
        )
        self.table(spacing_table(record))
        self.say("")
        if record.sample:
            self.say("The sums over all chunks: distance from the exact sums of a program's own values")
            self.table(judged_table({name: f.sums for name, f in record.frameworks.items()}, "bound"))
            self.say("")
        self.say("Training")
        self.table(training_table(record))
        if record.printed_costs:
            self.out.print(messages.printed_costs(record.printed_costs), markup=False, highlight=False, soft_wrap=True)
        if record.sample:
            self.say(messages.not_judged(record))
        if record.horizon is not None:
            self.say(messages.horizon(record))
        if record.curvature:
            self.say("\nThe cost around the weights of the reference")
            self.table(curvature_table(record.curvature))
            self.say(messages.curvature(record, record.curvature))
        if record.exact_curve:
            digits = record.exact_curve.proven_digits
            self.say(f"\nDistance from the curve of real numbers (its costs are proven to {digits} digits)")
            self.table(exact_table(record))
        for name in record.frameworks:
            for line in messages.explain(record, name):
                self.out.print(line, markup=False, highlight=False, soft_wrap=True)
        self.say("")
        self.verdict(record)

    def verdict(self, record: Record) -> None:
        """Print the verdict in a line."""
        first = record.first_disagreement
        if first is None:
            self.say("[bold green]all agree[/]")
        else:
            where = f"first {escape(first.framework)}, in {first.quantity}, at iteration {first.iteration}"
            self.say(f"[bold red]disagree[/]: {where}")


def judged_table(judged: Mapping[str, Mapping[str, Judgement]], *figures: str) -> Table:
    """Make a table of judgements by framework and quantity: what rounding may do, then each error and verdict."""
    table = Table(
        "quantity", *(Column(escape(head), justify="right", no_wrap=True) for head in (*figures, *judged)), box=None
    )
    for quantity, first in next(iter(judged.values())).items():
        row = [of_framework[quantity] for of_framework in judged.values()]
        cells = [f"{j.max_error:.1e} [{STYLES[j.verdict]}]{j.verdict}[/]" for j in row]
        table.add_row(quantity, *(f"{getattr(first, figure):.1e}" for figure in figures), *cells)
    return table


def spacing_table(record: Record) -> Table:
    """Make the same table with every figure divided by the spacing of the dtype at the largest true value."""
    table = Table(box=None)
    table.add_column("quantity")
    for heading in ("spacing", "noise", "bound", *record.frameworks):
        table.add_column(escape(heading), justify="right", no_wrap=True)
    for quantity in QUANTITIES:
        judged = [framework.quantities[quantity] for framework in record.frameworks.values()]
        first, figures = judged[0], [judged[0].noise, judged[0].bound, *(j.max_error for j in judged)]
        table.add_row(quantity, f"{first.spacing:.1e}", *(in_spacings(figure / first.spacing) for figure in figures))
    return table


def in_spacings(multiple: float) -> str:
    """Write a multiple of the spacing: 0.31, 2.4, 45,000, 1.3e+18."""
    return f"{multiple:,.0f}" if 100 <= multiple < 1e6 else f"{multiple:.2g}"


def training_table(record: Record) -> Table:
    """Make the table with a row for each framework."""
    table = Table(box=None)
    table.add_column("\n")
    for heading in (
        "cost\nfirst",
        "\nlast",
        "accuracy\ntrain",
        "\ntest",
        "forced\nsteps",
        "\ncurve",
        "set-up\ns",
        "step\nus",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, framework in record.frameworks.items():
        table.add_row(escape(name), *training_cells(framework))
    return table


def training_cells(framework: Framework) -> list[str]:
    """Write what a framework did in training."""
    costs, curve, worst = framework.costs, framework.curve, worst_step(framework)
    return [
        f"{costs[0]:.6g}" if costs else "-",
        f"{costs[-1]:.6g}" if costs else "-",
        number(framework.train_accuracy, ".1%"),
        number(framework.test_accuracy, ".1%"),
        f"[{STYLES[worst]}]{worst}[/]",
        f"[{STYLES[curve.verdict]}]{curve.verdict}[/]" if curve and curve.judged_steps else "-",
        number(framework.seconds_to_compile, ".2f"),
        number(framework.seconds_per_step, ",.0f", 1e6),
    ]


def worst_step(framework: Framework) -> Verdict:
    """Return the worst verdict on any of the forced steps."""
    verdicts = [judged.verdict for parameters in framework.steps.values() for judged in parameters.values()]
    return max(verdicts, key=list(STYLES).index)


def exact_table(record: Record) -> Table:
    """Make the table of distances from the exact curve."""
    table = Table(box=None)
    table.add_column("\n")
    for heading in ("largest\ndistance", "\nat step", "6 digits right\nbefore step", "3 digits\n", "1 digit\n"):
        table.add_column(heading, justify="right", no_wrap=True)
    rows = {name: framework.exact_distance for name, framework in record.frameworks.items()}
    rows |= {record.printed_costs.name: record.printed_costs.exact_distance} if record.printed_costs else {}
    for name, exact in rows.items():
        if exact:
            at = max(range(len(exact.distances)), key=exact.distances.__getitem__)
            kept = (exact.six_digits_to, exact.three_digits_to, exact.one_digit_to)
            table.add_row(escape(name), f"{exact.distances[at]:.1e}", f"{at:,}", *(f"{steps:,}" for steps in kept))
    return table


def curvature_table(curvature: "Curvature") -> Table:
    """Make the table of the curvature along the training, with columns about kinks only if there are any."""
    columns: dict[str, tuple[Sequence[float | None], str]] = {
        "\nstep": (curvature.steps, ","),
        "largest\neigenvalue": (curvature.largest_eigenvalues, ".1f"),
        "small difference\ntimes": (curvature.growth, ".3g"),
    }
    if any(curvature.kinks_crossed):
        columns["kinks crossed\na step"] = (curvature.kinks_crossed, ".1f")
        columns["curvature\nthat steps meet"] = (curvature.met, ".1f")
    table = Table(*(Column(heading, justify="right", no_wrap=True) for heading in columns), box=None)
    for row in zip(*([number(value, form) for value in values] for values, form in columns.values()), strict=True):
        table.add_row(*row)
    return table


def number(value: float | None, form: str, scale: float = 1) -> str:
    """Write a number; a dash where there is none."""
    return "-" if value is None else f"{value * scale:{form}}"
