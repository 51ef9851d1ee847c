"""A lesson on the terminal: the list, what to expect, what was seen and whether it is as expected."""

import textwrap
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from shared import lessons
from shared.lessons import picture
from shared.lessons.lesson import Claim, Lesson, Outcome
from shared.report.terminal import Terminal

AS_EXPECTED, NOT_AS_EXPECTED = "[green]as expected[/]", "[bold red]NOT as expected[/]"


def index(terminal: Terminal) -> None:
    """List the lessons, a line each."""
    table = Table(box=None, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    for name in lessons.REGISTRY:
        table.add_row(name, lessons.load(name).TITLE)
    terminal.table(table)
    terminal.say("\nRun one: python compare.py lessons NAME")


def before(terminal: Terminal, name: str, lesson: Lesson) -> None:
    """Say what to expect."""
    terminal.say(f"[bold]{name}[/]: {escape(lesson.TITLE)}")
    terminal.say("\n[bold]What to expect[/]")
    terminal.say(escape(textwrap.indent(lesson.EXPECT, "  ").rstrip()))
    terminal.say("")


def after(terminal: Terminal, outcome: Outcome, folder: Path | None = None) -> None:
    """Say what was seen, claim by claim, and the verdict; draw the picture into a folder if one is named."""
    terminal.table(table(outcome))
    terminal.say("")
    terminal.say(verdict(outcome))
    if folder:
        terminal.say(f"picture: {picture.save(outcome, folder)}")


def table(outcome: Outcome) -> Table:
    """Make the table: a row for each claim, a column for each implementation."""
    rows = Table(box=None, padding=(0, 2, 0, 0))
    rows.add_column("What was seen", no_wrap=True)
    for framework in outcome.claims:
        rows.add_column(escape(framework), justify="right", no_wrap=True)
    rows.add_column("", no_wrap=True)
    for says, claims in outcome.rows().items():
        cells = [cell(claims[framework]) if framework in claims else "-" for framework in outcome.claims]
        failed = [framework for framework, claim in claims.items() if not claim.holds]
        rows.add_row(escape(says), *cells, f"{NOT_AS_EXPECTED}: {', '.join(failed)}" if failed else AS_EXPECTED)
    return rows


def cell(claim: Claim) -> str:
    """Write what was measured."""
    return escape(claim.measured) if claim.holds else f"[bold red]{escape(claim.measured)}[/]"


def verdict(outcome: Outcome) -> str:
    """Say in a line whether all is as expected."""
    rows, frameworks = outcome.rows(), ", ".join(outcome.claims)
    failed = sum(not all(claim.holds for claim in claims.values()) for claims in rows.values())
    if outcome.as_expected:
        return f"{AS_EXPECTED}: all {len(rows)} claims, in {frameworks}"
    return f"{NOT_AS_EXPECTED}: {failed} of {len(rows)} claims, in {frameworks}"
