"""Predictions on the terminal and as JSON."""

from dataclasses import asdict
from typing import Any

from rich.markup import escape
from rich.table import Table

from shared.comparing.predicting import Predictions
from shared.data.files import at_home, one_line
from shared.report.messages import evidence
from shared.report.terminal import STYLES, Terminal

NOTE = "probability: of label 1, the true value of A2. A framework agrees where rounding explains its error."


def show(terminal: Terminal, predictions: Predictions) -> None:
    """Show what went through which network, the pictures, what does not agree, and the verdict."""
    settings, train = predictions.record.settings, predictions.record.data["train"]
    weights = settings["weights"] or "just trained by numpy at the default settings (--weights FILE takes yours)"
    terminal.say(f"[bold]{train['features']}-{settings['hidden']}-1[/], {settings['activation']}, float64")
    terminal.say(f"weights   {escape(one_line(weights))}")
    terminal.say(
        f"pictures  {settings['channels']}, {settings['scaling']} scaling, in size and scaling like "
        f"{escape(at_home(train['path']))}, sha256 {train['sha256'][:16]}"
    )
    terminal.say("versions  " + ", ".join(f"{name} {version}" for name, version in predictions.record.versions.items()))
    terminal.say("")
    terminal.table(table(predictions))
    terminal.say(NOTE)
    for line in explanations(predictions):
        terminal.out.print(line, markup=False, highlight=False, soft_wrap=True)
    terminal.say("")
    agree = predictions.record.verdict == "agree"
    terminal.say("[bold green]all agree[/]" if agree else "[bold red]disagree[/]")


def table(predictions: Predictions) -> Table:
    """Make the table with a row for each picture, and below it the verdict on each framework's A2."""
    result = Table(box=None)
    for heading in ("picture", "says", "probability"):
        result.add_column(heading, justify="right" if heading == "probability" else "left", no_wrap=True)
    for name in predictions.computed:
        result.add_column(escape(name), justify="right", no_wrap=True)
    for i, photo in enumerate(predictions.photos):
        computed = (values[i] if values else None for values in predictions.computed.values())
        shown = (probability(value) for value in (predictions.probabilities[i], *computed))
        result.add_row(escape(one_line(photo)), escape(predictions.classes[predictions.labels[i]]), *shown)
    judged = [framework.quantities["A2"] for framework in predictions.record.frameworks.values()]
    result.add_row("", "", "largest error", *(f"{j.max_error:.1e}" for j in judged))
    result.add_row("", "", "verdict", *(f"[{STYLES[j.verdict]}]{j.verdict}[/]" for j in judged))
    return result


def probability(value: float | None) -> str:
    """Write a probability; never 1 or 0 for what is only close to it."""
    if value is None:
        return "-"
    if value in (0, 1):
        return f"{value:.0f}"
    text = f"{value:.6f}"
    return {0.0: f"{value:.3e}", 1.0: f"{value:.17g}"}.get(float(text), text)


def explanations(predictions: Predictions) -> list[str]:
    """Explain everything that does not agree, in the order of computation."""
    lines = []
    for name, framework in predictions.record.frameworks.items():
        lines += [
            f"{changed}: {name} changed it; inputs must be left as they are" for changed in framework.changed_inputs
        ]
        for quantity, judged in framework.quantities.items():
            if judged.verdict != "agrees":
                lines += [f"{quantity}: {name} is {judged.verdict}", *evidence(judged)]
                lines += [f"  {framework.explanations[quantity]}"] if framework.explanations[quantity] else []
    return lines


def as_dict(predictions: Predictions) -> dict[str, Any]:
    """Return the predictions in the layout of the JSON file."""
    record = predictions.record.as_dict()
    head = ("schema", "verdict", "settings", "versions", "machine")
    judged = ("quantities", "changed_inputs", "explanations")
    return {
        **{key: record[key] for key in head},
        "data": {"train": record["data"]["train"]},
        "classes": list(predictions.classes),
        "pictures": [picture(predictions, i) for i in range(len(predictions.photos))],
        "frameworks": {
            name: {key: asdict(framework)[key] for key in judged}
            for name, framework in predictions.record.frameworks.items()
        },
    }


def picture(predictions: Predictions, i: int) -> dict[str, Any]:
    """Return what is known of one picture."""
    return {
        "path": str(predictions.photos[i]),
        "label": predictions.labels[i],
        "class": predictions.classes[predictions.labels[i]],
        "probability": predictions.probabilities[i],
        "frameworks": {name: values[i] if values else None for name, values in predictions.computed.items()},
    }
