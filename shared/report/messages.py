"""Messages about what does not agree: what, who, where, both values, what was allowed, where to look."""

from typing import TYPE_CHECKING

from shared.comparing.record import Curve, Framework, PrintedCosts, Record
from shared.judging.verdict import Judgement, deviations

if TYPE_CHECKING:  # it needs JAX
    from shared.judging.curves.curvature import Curvature


def explain(record: Record, name: str) -> list[str]:
    """Explain every disagreement of an implementation, in the order of computation."""
    framework, where = record.frameworks[name], network_of(record)
    lines = [f"{changed}: {name} changed it; inputs must be left as they are" for changed in framework.changed_inputs]
    if lines:
        return [*lines, "  what else does not agree may follow from that"]
    for quantity, judged in framework.quantities.items():
        if judged.verdict != "agrees":
            lines += [f"{quantity}: {name} is {judged.verdict} ({where})", *evidence(judged)]
            lines += [f"  {framework.explanations[quantity]}"] if framework.explanations.get(quantity) else []
    for quantity, judged in framework.sums.items():
        if judged.verdict != "agrees":
            lines += [f"{quantity}, summed over the chunks: {name} is {judged.verdict}", *evidence(judged)]
    for step, quantities in framework.again.items():
        off = {q: judged for q, judged in quantities.items() if judged.verdict != "agrees"}
        for quantity, judged in off.items() if not lines else ():
            asked = f"{quantity}, asked again, at the weights of step {step}"
            lines += [f"{asked}: {name} is {judged.verdict} ({where})", *evidence(judged)]
    lines += explain_steps(framework, name, where)
    if framework.curve and framework.curve.verdict != "agrees":
        lines += [f"costs: {name} is {framework.curve.verdict} ({where})", *curve_evidence(framework.curve)]
    for part, judged in framework.trained.items():
        if judged.verdict != "agrees":
            of = f"{part} set" if judged.quantity == "A2" else where
            lines += [f"{judged.quantity} of the trained weights: {name} is {judged.verdict} ({of})", *evidence(judged)]
    return lines


def network_of(record: Record) -> str:
    """Name the network, the number of examples and the dtype."""
    train, settings = record.data["train"], record.settings
    examples = f"{record.sample} of {train['examples']}" if record.sample else train["examples"]
    return f"{train['features']}-{settings['hidden']}-1, {examples} examples, {settings['dtype']}"


def evidence(judged: Judgement) -> list[str]:
    """List the numbers behind a verdict."""
    entry = judged.worst
    if entry is None:
        return [f"  {judged.problem}"]
    digits = sum(character.isdigit() for character in entry.true_value.split("e")[0])
    place = f"worst at {list(entry.index)}: " if entry.index else ""
    proven = f"proven to {entry.proven_digits} digits" if entry.proven_digits else "exact"
    values = f"  {place}got {entry.got:.{digits - 1}e}, true value {entry.true_value} ({proven})"
    if judged.verdict == "wrong":
        return [values, f"  error {entry.error:.1e}, rounding can explain at most {entry.bound:.1e}"]
    times = f"{entry.error / entry.noise:,.0f} times the noise of rounding ({entry.noise:.1e})" if entry.noise else ""
    beyond = times or "where rounding makes no noise"
    return [
        values,
        f"  error {entry.error:.1e}, {beyond}: possible (the bound is {entry.bound:.1e}), but not by chance",
    ]


def explain_steps(framework: Framework, name: str, where: str) -> list[str]:
    """Say which parameters come out off after one step, at the first checkpoint where they do."""
    for step, parameters in framework.steps.items():
        off = {V: judged for V, judged in parameters.items() if judged.verdict != "agrees"}
        for V, judged in off.items():
            gradient = framework.quantities.get(f"d{V}")
            fine = step == 0 and gradient is not None and gradient.verdict == "agrees"
            hint = [f"  d{V}, which it is made from, agrees: the update of {V} is the culprit"] if fine else []
            return [f"{V} after step {step}: {name} is {judged.verdict} ({where})", *evidence(judged), *hint]
    return []


def curve_evidence(curve: Curve) -> list[str]:
    """Say where a training curve leaves the band."""
    if curve.problem:
        return [f"  {curve.problem}"]
    return [f"  the curve leaves the band of correct curves at iteration {curve.leaves_band_at}"]


def printed_costs(printed: PrintedCosts) -> str:
    """Describe the costs of a file, and the verdict on them."""
    steps, curve = printed.steps, printed.curve
    known = f"of steps {steps[0]:,} to {steps[-1]:,}, known within {printed.rounding:.1g}"
    how = f"farthest from the reference by {curve.largest_distance:.1e}"
    verdict = f"agrees, {how}" if curve.verdict == "agrees" else f"{curve.verdict}\n  {curve.problem}\n  {how}"
    return f"{printed.name}: {len(steps):,} costs {known}: {verdict}"


def not_judged(record: Record) -> str:
    """Say that the curves are not judged, why, and how far apart they are."""
    m = record.data["train"]["examples"]
    lines = [f"The curves are not judged: the band of correct ones would take {m:,} x {m:,} numbers."]
    if apart := record.apart:
        pair = f"{apart.first} and {apart.second}"
        lines.append(f"Farthest apart are {pair}, by {apart.distance:.1e}, at iteration {apart.step:,}.")
    return "\n".join(lines)


def horizon(record: Record) -> str:
    """Say from which step on correct curves part visibly, in a sentence that a learner understands."""
    return (
        f"The horizon is step {record.horizon:,}: rounding in the last digit of the weights has grown until correct "
        f"{record.settings['dtype']} programs may differ by 1% of the cost."
    )


def curvature(record: Record, measured: "Curvature") -> str:
    """Say what steps do to a small difference: in the smooth pieces of the cost, and at the kinks between them."""
    top, limit = max(measured.largest_eigenvalues), f"2 / learning rate = {measured.limit:.4g}"
    most = f"at most {top:.4g}, at step {measured.steps[measured.largest_eigenvalues.index(top)]:,}"
    if measured.above_limit_at is None:
        lines = [
            f"The largest eigenvalue is not above {limit} at any step that was looked at ({most}): "
            "steps do not overshoot."
        ]
    else:
        lines = [
            f"The largest eigenvalue is above {limit}, first seen at step {measured.above_limit_at:,} ({most}): "
            "there a step overshoots, and a small difference grows."
        ]
    kinked = any(measured.kinks_crossed)
    lines.append(
        f"{'Between kinks, all' if kinked else 'All'} {measured.steps[-1]:,} steps together multiply a small "
        f"difference by {measured.growth[-1]:.3g}."
    )
    return "\n".join(lines + (at_kinks(record, measured) if kinked else []))


def at_kinks(record: Record, measured: "Curvature") -> list[str]:
    """Say what steps do to a small difference where an entry of Z1 changes sides."""
    most, step = max((count, step) for count, step in zip(measured.kinks_crossed, measured.steps, strict=True) if count)
    entries = record.settings["hidden"] * record.data["train"]["examples"]
    return [
        f"But at a kink (Z1 = 0) the derivative jumps. Before step {step:,}, {most:.3g} of Z1's {entries:,} entries "
        "cross it in a step. Where rounding takes one across in one program only, the two part at once.",
        "Steps meet the kinks' curvature too. At 2 / learning rate, the edge of stability, they undo one another.",
    ]


def allowance(record: Record) -> str:
    """Explain the columns noise and bound."""
    entries = record.data["train"]["features"] * record.settings["hidden"]
    return (
        "noise: the standard deviation of rounding. An error agrees within "
        f"{deviations(1):.1f} of them (a single number) to {deviations(entries):.1f} (the largest of {entries:,}).\n"
        "bound: what rounding can do at most, proven. Beyond the noise is suspect, beyond the bound is wrong.\n"
        "Each figure is the largest of its quantity; every entry is judged by its own noise and bound."
        + nearest(record)
    )


def nearest(record: Record) -> str:
    """Say which quantity used most of what agrees, and how much."""
    judged = [(j.share or 0.0, name, q) for name, f in record.frameworks.items() for q, j in f.quantities.items()]
    share, name, quantity = max(judged, default=(0.0, "", ""))
    return f"\nThe nearest used {share:.0%} of what agrees: {quantity} of {name}." if share < 1 and name else ""
