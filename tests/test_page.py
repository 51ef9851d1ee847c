"""The page of a comparison: what it holds, that it says what the JSON file says, and how it looks in a browser."""

import base64
import errno
import io
import json
import re
import shutil
import subprocess
import sys
import time
import warnings
from contextlib import nullcontext
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import write_pictures
from PIL import Image

import compare as compare_module
from implementations import numpy_manual
from shared.comparing import setup, workers
from shared.comparing.options import Data, command_line
from shared.comparing.record import ExactDistance
from shared.judging.curves.band import Band
from shared.network import QUANTITIES, Activations, Parameters
from shared.report import charts, drawing, learned, messages, page, pictures

pytestmark = pytest.mark.mostly_slow(5)

ROOT = Path(__file__).parent.parent
HOSTILE = "_$\\bad$<img src=x onerror=alert(1)>.py"
MINE = """
from implementations import numpy_manual as right
from implementations.numpy_manual import cost, forward, step

def gradients(*a):
    d = right.gradients(*a)
    return d._replace(dW1=d.dW1 * (1 + 1e-9), db1=d.db1 * float("nan"))

def train(*a):
    t = right.train(*a)
    t.costs[300:] *= 1 + 1e-9
    return t
"""
RUNS = {
    "wrong": ("--frameworks", f"numpy,{HOSTILE}", "--iterations", "1100", "--channels", "rgb"),
    "right": ("--frameworks", "numpy", "--iterations", "12", "--exact-curve", "--curvature"),
    "one step": ("--frameworks", "numpy", "--iterations", "1", "--activation", "sigmoid"),
}


class Document(HTMLParser):
    """What a page holds, in its order: elements with their attributes, headings, and tables as rows of texts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.headings, self.tables, self.open, self.said = [], [], [], [], ""
        self.feed(text)
        self.said = " ".join(self.said.split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if re.fullmatch(r"h\d", tag):
            self.headings.append([int(tag[1]), ""])
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        self.open.append(tag)

    def handle_endtag(self, tag):
        while tag in self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"style", "svg"} & set(self.open):
            self.said += data
        if any(tag in ("td", "th") for tag in self.open):
            self.tables[-1][-1][-1] += data
        if self.open and re.fullmatch(r"h\d", self.open[-1]):
            self.headings[-1][1] += data

    def table(self, heading):
        """The rows of the table that has this heading, by their first cell."""
        (found,) = [table for table in self.tables if heading in table[0]]
        return {row[0]: dict(zip(found[0], row, strict=True)) for row in found[1:]}

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def compare(folder, *options):
    """Run the command line in this process and in this folder, without workers, which is quicker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "started", lambda *_: nullcontext(workers.at_once))
        patch.setattr(warnings, "showwarning", warnings.showwarning)
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.chdir(folder)
        data = ("--train", "train.h5", "--test", "test.h5", "--hidden", "4")
        return compare_module.main([*data, *options])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with data that are quick to judge, and with a wrong implementation of a hostile name."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / HOSTILE).write_text(MINE)
    write_pictures(folder, train=14, test=7)
    return folder


@pytest.fixture(scope="module", params=RUNS)
def made(folder, request):
    """A page, parsed, and the JSON file of the same run."""
    where = f"{request.param} run"
    with pytest.MonkeyPatch.context() as patch:
        records = []
        write = page.write
        patch.setattr(page, "write", lambda folder, record: (records.append(record), write(folder, record)))
        status = compare(folder, *RUNS[request.param], "--report", f"{where}/deep", "--json", "run.json")
    assert status == (1 if request.param == "wrong" else 0)
    path = folder / where / "deep" / "report.html"
    text = path.read_text()
    return SimpleNamespace(
        path=path,
        text=text,
        document=Document(text),
        json=json.loads((folder / "run.json").read_text()),
        record=records[0],
    )


def test_nothing_on_the_page_points_out_of_it(made):
    for _, attributes in made.document.elements:
        for name in ("src", "href", "xlink:href", "data", "action", "poster", "srcset"):
            assert attributes.get(name, "#").startswith(("#", "data:image/png;base64,"))
    assert not re.search(r"url\((?!#)|@import|https?:", made.text)
    assert not made.document.all("script")


def test_every_link_within_the_page_has_its_target_and_no_name_is_given_twice(made):
    ids = [attributes["id"] for _, attributes in made.document.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    points = [attributes.get("href", "#") for _, attributes in made.document.elements]
    links = {where[1:] for where in points if where.startswith("#")}
    links |= {name for attributes in made.document.all("svg") for name in attributes["aria-labelledby"].split()}
    assert len(links) > 15
    assert links <= {"", *ids}


def test_headings_are_in_order_and_begin_with_one_of_the_first_level(made):
    levels = [level for level, _ in made.document.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_who_cannot_see_is_told_what_every_picture_shows(made):
    assert made.document.all("html")[0]["lang"] == "en"
    assert all(attributes.get("alt") for attributes in made.document.all("img"))
    assert len(made.document.all("svg")) == (5 if made.record.curvature else 4)
    assert all(attributes["role"] == "img" for attributes in made.document.all("svg"))
    assert all(attributes.get("scope") in ("col", "row") for attributes in made.document.all("th"))


def test_the_verdict_is_the_first_thing_that_the_page_says(made):
    said = "Yes, it agrees." if made.json["verdict"] == "agree" else "No, something disagrees."
    assert f"<strong>{said}</strong>" in made.text.split("<h2")[0]
    if first := made.json["first_disagreement"]:
        assert f"in\n{first['quantity']}, at step {first['iteration']}" in made.text


def test_the_table_of_quantities_says_what_the_json_file_says(made):
    table = made.document.table("quantity")
    assert list(table) == list(QUANTITIES)
    for quantity, row in table.items():
        for name, framework in made.json["frameworks"].items():
            judged = framework["quantities"][quantity]
            error = np.nan if judged["max_error"] is None else judged["max_error"]
            assert row[name] == f"{error:.1e} {judged['verdict']}"
            assert (row["noise"], row["bound"]) == (f"{judged['noise']:.1e}", f"{judged['bound']:.1e}")


def test_the_tables_of_the_training_say_what_the_json_file_says(made):
    curves, shares, times = (made.document.table(h) for h in ("first cost", "pictures kept back", "set-up, seconds"))
    for name, framework in made.json["frameworks"].items():
        costs, curve = framework["costs"], framework["curve"]
        assert (curves[name]["first cost"], curves[name]["last cost"]) == (f"{costs[0]:.6g}", f"{costs[-1]:.6g}")
        assert (curves[name]["curve"], curves[name]["steps judged"]) == (curve["verdict"], f"{curve['judged_steps']:,}")
        assert curves[name]["furthest fromthe reference"] == f"{curve['largest_distance']:.1e}"
        assert shares[name]["pictures trained on"] == f"{framework['train_accuracy']:.1%}"
        assert shares[name]["pictures kept back"] == f"{framework['test_accuracy']:.1%}"
        assert times[name]["set-up, seconds"] == f"{framework['seconds_to_compile']:.2f}"
        assert times[name]["a step, microseconds"] == f"{1e6 * framework['seconds_per_step']:,.0f}"


def test_the_charts_draw_what_the_record_holds(made):
    for name, framework in made.record.frameworks.items():
        costs, reference = np.array(framework.costs), made.record.artifacts.band.costs[:-1]
        distances = charts.distances_of(made.record, made.record.artifacts.band)[name]
        exact = framework.exact_distance
        assert np.array_equal(distances, exact.distances if exact else np.abs(costs - reference))
        shares = charts.shares_of_bound(made.record, name)
        judged = [framework.quantities[quantity] for quantity in QUANTITIES]
        assert np.array_equal(shares, [j.max_error / j.bound for j in judged], equal_nan=True)


def test_the_probabilities_are_those_of_the_trained_networks(made):
    shown = pictures.photographs(made.record.artifacts, "test")
    assert len(shown) >= 5
    assert [photograph.mistaken for photograph in shown] == sorted((p.mistaken for p in shown), reverse=True)
    for photograph in shown:
        for name in made.json["frameworks"]:
            A2 = made.record.artifacts.passes[name, "test"].A2[0, photograph.number]
            assert photograph.probabilities[name] == A2
            assert f"{drawing.escape(name)}</span> {A2:.1%} <span" in made.text
            assert photograph.mistaken == ((photograph.probabilities["numpy"] > 0.5) != photograph.label)


def test_every_hidden_unit_is_drawn_for_every_framework_and_for_every_difference(made):
    names = list(made.json["frameworks"])
    units = [image["alt"] for image in made.document.all("img") if re.fullmatch(r"unit \d+", image["alt"])]
    assert units == [f"unit {k}" for k in range(1, 5)] * (len(names) + len(names) - 1)


def test_every_hidden_unit_is_shown_with_what_training_changed_and_the_picture_that_wakes_it_most(made):
    artifacts, label = made.record.artifacts, made.record.artifacts.examples["train"].Y[0] > 0.5
    A1 = numpy_manual.forward(
        artifacts.trained["numpy"], artifacts.examples["train"].X, made.json["settings"]["activation"]
    ).A1
    images = [i for i in made.document.all("img") if re.match(r"unit \d+: |the picture that wakes", i["alt"])]
    shown = iter(images)
    changes = pictures.weights(
        artifacts.trained["numpy"].W1 - artifacts.initial.W1, artifacts.examples["train"].image_shape
    )
    for k, unit in enumerate(A1):
        image = next(shown)
        assert (image["alt"], image["src"]) == (f"unit {k + 1}: what training changed", changes[k])
        assert f"W2 = {artifacts.trained['numpy'].W2[0, k]:.2f}" in made.document.said
        if unit.max() > 0:
            favourite = next(shown)
            assert favourite["src"] == pictures.photograph(artifacts.examples["train"], int(np.argmax(unit)))
            assert favourite["alt"] == f"the picture that wakes it most: label {int(label[np.argmax(unit)])}"
        if made.json["settings"]["activation"] == "relu" and unit.max() > 0:
            ones, zeros = np.sum(label & (unit > 0)), np.sum(~label & (unit > 0))
            assert (
                f"awake on {ones} \N{MULTIPLICATION SIGN} label 1, {zeros} \N{MULTIPLICATION SIGN} label 0"
                in made.document.said
            )
    assert next(shown, None) is None


def test_what_wakes_no_unit_gets_the_answer_of_b2_alone(made):
    artifacts, said = made.record.artifacts, made.document.said
    if made.json["settings"]["activation"] == "sigmoid":
        assert "wakes no unit" not in said
        return
    examples = artifacts.examples["train"]
    seen = numpy_manual.forward(artifacts.trained["numpy"], examples.X)
    sleeping = np.flatnonzero((seen.A1 == 0).all(axis=0))
    answer = numpy_manual.sigmoid(artifacts.trained["numpy"].b2).item()
    assert np.allclose(seen.A2[0, sleeping], answer)
    assert (
        f"wakes no unit gets the answer {answer:.1%}, from the bias b2 alone: so do {len(sleeping)} of the 14" in said
    )


def test_the_share_of_right_answers_stands_beside_that_of_always_the_same_answer(made):
    said, share = made.document.said, made.json["frameworks"]["numpy"]["test_accuracy"]
    assert "always answering “label 0” would be right about 57.1% of the pictures kept back." in said
    assert ("The network is no better than that" in said) == (share <= 4 / 7)


def test_the_figures_at_the_top_are_those_of_the_record(made):
    said, framework = made.document.said, made.json["frameworks"]["numpy"]
    assert f"{framework['costs'][0]:.3g} → {framework['costs'][-1]:.3g}" in said
    assert f"{round(7 * framework['test_accuracy'])} of 7 new pictures get the right answer" in said
    assert ("digits of the cost" in said) == (made.json["verdict"] == "agree")


@pytest.mark.parametrize(("off", "digits"), [(0, 15), (4e-16, 15), (3e-8, 7), (0.2, 0)])
def test_common_digits_are_counted_at_the_worst_of_the_steps_that_are_compared(made, off, digits):
    band = Band(np.full(13, 0.5), np.full(13, 1.0))
    costs = np.full(12, 0.5)
    costs[5] += 0.5 * off
    costs[9:] = 7  # beyond the horizon
    framework = next(iter(made.record.frameworks.values()))
    framework = replace(framework, costs=costs.tolist(), curve=replace(framework.curve, judged_steps=9))
    record = replace(made.record, frameworks={"numpy": framework}, settings={"dtype": "float64"})
    assert learned.digits(record, replace(record.artifacts, band=band)) == digits


def test_each_implementation_is_told_of_in_its_own_words(made):
    for name, words in made.record.artifacts.about.items():
        assert f"{name}: {words}" in made.document.said
    assert made.record.artifacts.about["numpy"] == numpy_manual.__doc__.partition("\n")[0]


def test_the_curvature_is_shown_where_it_was_looked_at(made):
    shown = [heading for _, heading in made.document.headings if heading == "What makes correct curves part"]
    assert len(shown) == bool(made.record.curvature)
    if made.record.curvature:
        for line in messages.curvature(made.record, made.record.curvature).splitlines():
            assert line in made.document.said


def test_the_page_has_room_for_a_registry_that_grows(made):
    names, artifacts = [f"framework {k}" for k in range(7)], made.record.artifacts
    frameworks = dict.fromkeys(names, made.record.frameworks["numpy"])
    artifacts = replace(
        artifacts,
        about=dict.fromkeys(names, "one of many"),
        trained=dict.fromkeys(names, artifacts.trained["numpy"]),
        passes={(name, part): artifacts.passes["numpy", part] for name in names for part in artifacts.examples},
    )
    document = Document(page.render(replace(made.record, frameworks=frameworks, artifacts=artifacts)))
    assert document.said.count("one of many") == 7
    assert list(document.table("first cost")) == names
    widths = [charts.width(k, 7) for k in range(7)]
    assert all(a - b > 0.5 for a, b in pairwise(widths))


def test_the_home_folder_is_not_told(made, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    data = made.record.data | {"train": made.record.data["train"] | {"path": "/home/ada/pictures/train.h5"}}
    document = Document(page.render(replace(made.record, data=data)))
    assert "~/pictures/train.h5" in document.said
    assert "/home/ada" not in document.said


def test_a_command_line_says_where_home_is_by_its_sign(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    line = command_line(Data(train=Path("/home/ada/my cats/train.h5"), scaling="unit"), json="a b.json")
    assert line == "python compare.py --train ~/'my cats/train.h5' --scaling unit --json 'a b.json'"


def test_the_page_says_how_to_do_it_again(made):
    assert "python compare.py --train train.h5" in made.document.said
    for part in ("train", "test"):
        assert made.json["data"][part]["sha256"] in made.text
    for name, version in made.json["versions"].items():
        assert made.document.table("which")[name]["which"] == version


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize("arguments", [["--help"], ["--frameworks", "numpy", "--iterations", "2"]])
def test_nobody_who_wants_no_page_waits_for_what_draws_it(arguments):
    code = "import sys, compare; compare.main(sys.argv[1:]); print({'matplotlib', 'jinja2', 'PIL'} & set(sys.modules))"
    command = [sys.executable, "-c", code, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=100)
    assert result.stdout.splitlines()[-1] == "set()"


def test_the_json_file_leaves_out_what_only_the_page_draws(made):
    assert not {"artifacts", "command"} & set(made.json)


def test_a_hostile_file_name_is_text(folder, made):
    if made.json["verdict"] == "disagree":
        assert "<img src=x" not in made.text
        assert "&lt;img src=x onerror=alert(1)&gt;" in made.text


def test_the_same_record_gives_the_same_page(made):
    assert page.render(made.record) == made.text


def test_the_page_of_a_long_run_of_three_on_large_colour_pictures_is_small(made):
    rng, record = np.random.default_rng(0), made.record
    shape, m = (64, 64, 3), 50
    trained = Parameters(*(rng.normal(size=s) for s in ((8, 12288), (8, 1), (1, 8), (1, 1))))
    examples = {
        part: replace(e, X=rng.normal(size=(12288, m)), Y=rng.integers(2, size=(1, m)) * 1.0, image_shape=shape)
        for part, e in record.artifacts.examples.items()
    }
    seen = Activations(*(rng.uniform(size=s) for s in ((8, m), (8, m), (1, m), (1, m))))
    band, framework = Band(rng.uniform(size=2501), rng.uniform(size=2501)), next(iter(record.frameworks.values()))
    framework = replace(framework, costs=rng.uniform(size=2500).tolist(), exact_distance=None)
    names = ("numpy", "torch", "jax")
    artifacts = replace(
        record.artifacts,
        initial=trained,
        examples=examples,
        band=band,
        trained=dict.fromkeys(names, trained._replace(W1=rng.normal(size=(8, 12288)))),
        passes={(name, part): seen for name in names for part in examples},
    )
    long = replace(record, frameworks=dict.fromkeys(names, framework), artifacts=artifacts, exact_curve=None)
    assert 100_000 < len(page.render(long).encode()) < 5_000_000


def test_what_gives_nothing_that_can_be_drawn_gets_a_page_too(folder, tmp_path):
    nothing = "def gradients(*a):\n    return None\ndef train(*a):\n    return 'done'\n"
    (tmp_path / "mine.py").write_text(MINE + nothing)
    given = ("--frameworks", str(tmp_path / "mine.py"), "--iterations", "3", "--report", str(tmp_path))
    assert compare(folder, *given) == 1
    text = (tmp_path / "report.html").read_text()
    assert "the trained W1: it is missing" in text
    assert [heading for _, heading in Document(text).headings if heading == "How it learned"] == []


@pytest.mark.mostly_slow(3)
@pytest.mark.parametrize("what", [np.nan, np.inf, -np.inf])
def test_trained_weights_that_are_no_numbers_get_a_page_too(made, what):
    artifacts = made.record.artifacts
    W1 = artifacts.trained["numpy"].W1.copy()
    W1[1, 2] = what
    trained = {name: P._replace(W1=W1, b2=P.b2 - 1e5) for name, P in artifacts.trained.items()}
    document = Document(page.render(replace(made.record, artifacts=replace(artifacts, trained=trained))))
    assert f"the largest weight is {abs(what)}" in document.said
    assert np.array_equal(pictures.to_bytes(np.array([-np.inf, -1, np.nan, 1, np.inf]), -1, 1), [0, 0, 128, 255, 255])


def test_large_pictures_and_many_units_are_shown_as_far_as_there_is_room():
    drawn = pictures.weights(np.random.default_rng(0).normal(size=(40, 300 * 200)), (300, 200))
    assert len(drawn) == pictures.MOST_UNITS
    for picture in drawn:
        with Image.open(io.BytesIO(base64.b64decode(picture.split(",")[1]))) as image:
            assert image.size == (67, 100)


@pytest.mark.parametrize("place", [0, 777, 123_456, 199_999])
def test_no_peak_is_lost_when_a_curve_is_drawn_with_few_points(place):
    values = np.ones(200_000)
    values[place] = 5
    at = drawing.extremes(values)
    assert values[at].max() == 5
    assert drawing.largest(values)[1].max() == 5
    assert max(len(at), len(drawing.largest(values)[0])) <= drawing.MOST_POINTS + 2
    assert {0, 199_999} <= set(at.tolist())


def test_weights_are_drawn_on_one_scale_around_zero():
    W1 = np.array([[-2.0, 0.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0]])
    assert pictures.to_bytes(W1, -2, 2).tolist() == [[0, 128, 191, 255], [128] * 4]
    assert len(set(pictures.weights(np.zeros((3, 4)), (2, 2)))) == 1


@pytest.mark.parametrize(("times", "furthest"), [(0.5, "10¹"), (500, "10⁴"), (1e12, "more")])
def test_errors_far_beyond_the_bound_leave_room_for_the_others(made, times, furthest):
    framework = made.record.frameworks["numpy"]
    judged = framework.quantities["dW1"]
    off = replace(framework, quantities=framework.quantities | {"dW1": replace(judged, max_error=times * judged.bound)})
    with drawing.style():
        drawn = charts.quantities(replace(made.record, frameworks={"numpy": off}))
    powers = re.findall(r">(0|1|10[^<]+|more)</text>", drawn)
    assert {furthest, "1", "0"} <= set(powers)
    assert ("more" in powers) == (furthest == "more")


@pytest.mark.parametrize(("low", "high"), [(-40, 4), (-17, -3), (-5, 1)])
def test_an_axis_has_few_labels_and_one_of_them_is_1_if_there_is_room(low, high):
    locator, formatter = drawing.ticks(low, high, zero=True)
    assert 5 <= len(formatter.seq) <= 12
    assert ("1" in formatter.seq) == (high >= 0)
    assert len(locator.locs) == len(formatter.seq)


def test_a_distance_axis_reaches_no_further_down_than_what_is_drawn(made):
    """A curve that comes near the exact one by chance, in one step of many, is drawn at the largest of its stretch."""
    assert drawing.logarithmic(np.array([0, np.nan, 2e-15, 3e-12, np.inf])) == (-16, -11)
    distances = np.full(2500, 2e-15)
    distances[::7] = 1e-30
    framework = next(iter(made.record.frameworks.values()))
    exact = ExactDistance(distances.tolist(), 2500, 2500, 2500)
    record = replace(
        made.record,
        frameworks={"numpy": replace(framework, costs=[0.5] * 2500, exact_distance=exact)},
        settings={"iterations": 2500},
    )
    with drawing.style():
        drawn = charts.distances(record, Band(np.full(2501, 0.5), np.full(2501, 1e-14)))
    assert re.findall(r">(10[^<]+)</text>", drawn) == ["10⁻¹⁴", "10⁻¹⁵"]


def test_a_process_that_is_killed_while_it_writes_leaves_one_whole_file(tmp_path):
    contents, path = {b"a" * 20_000_000, b"b" * 20_000_000}, tmp_path / "report.html"
    code = (
        "import sys, itertools; from pathlib import Path; from shared.data.files import write_atomically\n"
        "for c in itertools.cycle(b'ab'): write_atomically(Path(sys.argv[1]), bytes([c]) * 20_000_000)"
    )
    for delay in (0.01, 0.03, 0.07):
        with subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=ROOT) as writer:
            while not path.exists() and writer.poll() is None:
                time.sleep(0.01)
            time.sleep(delay)
            writer.kill()
        assert path.read_bytes() in contents


def test_an_interrupted_run_leaves_the_old_page(folder, made, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    for part in ("render", "write_atomically"):
        with monkeypatch.context() as patch:
            patch.setattr(page, part, lambda *_: interrupted(None))
            with pytest.raises(KeyboardInterrupt):
                page.write(made.path.parent, made.record)
        assert made.path.read_text() == made.text
        assert list(made.path.parent.iterdir()) == [made.path]


def test_a_page_is_replaced_whole(made, tmp_path):
    (tmp_path / "report.html").write_text("an older page")
    with (tmp_path / "report.html").open() as reader:
        page.write(tmp_path, made.record)
        assert reader.read() == "an older page"
    assert (tmp_path / "report.html").read_text() == made.text


def refuse(*_, **__):
    raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize("taken", ["a file", "below a file", "a folder named like the page", "not writable"])
def test_a_folder_that_cannot_hold_the_page_is_found_out_before_the_training(
    folder, tmp_path, taken, capsys, monkeypatch
):
    (tmp_path / "file").touch()
    (tmp_path / "full" / "report.html").mkdir(parents=True)
    where = {"a file": "file", "below a file": "file/deep", "a folder named like the page": "full"}.get(taken, "locked")
    monkeypatch.setattr(setup, "new_record", lambda *_: pytest.fail("the comparison has begun"))
    if taken == "not writable":  # to the super-user, who may run this, every folder is writable
        monkeypatch.setattr(Path, "touch", refuse)
    assert compare(folder, "--report", str(tmp_path / where)) == 2
    out, errors = capsys.readouterr()
    assert (out, len(errors.splitlines())) == ("", 1)
    assert errors.startswith(f"error: {tmp_path / where}")


def test_what_goes_wrong_while_the_page_is_written_gets_one_line(made, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(page, "write_atomically", full)
    with pytest.raises(page.InputError, match=r"report.html: cannot be written \(No space left on device\)"):
        page.write(made.path.parent, made.record)


@pytest.fixture(scope="module")
def browser():
    """Chromium, driven by Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not executable:
        pytest.skip("there is no Chromium to open the page in")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, made):
    """Open the page in a window of some width, light or dark; note every request and everything that goes wrong."""
    windows = []

    def open_page(width, scheme="light"):
        window = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        windows.append(window)
        window.noted = []
        window.on("console", lambda message: window.noted.append(message.text))
        window.on("pageerror", lambda error: window.noted.append(str(error)))
        window.on("dialog", lambda dialog: (window.noted.append("a dialog"), dialog.dismiss()))
        window.on("request", lambda request: window.noted.append(request.url[:50]))
        window.goto(made.path.as_uri())
        return window

    yield open_page
    for window in windows:
        window.close()


WIDTHS_BEYOND = """() => [...document.querySelectorAll("body *")].filter(e =>
    !e.closest(".scroll") && !e.closest("pre") && !e.closest(".skip") && e.getBoundingClientRect().right > innerWidth
).map(e => e.outerHTML.slice(0, 80))"""

SIZES = """() => [...document.querySelectorAll("img, svg")].map(e => e.getBoundingClientRect()).map(
    box => Math.min(box.width, box.height))"""

CONTRASTS = """() => {
    const light = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(c => c / 255).map(
        c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
    ).reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
    const paint = element => {
        for (let e = element; e; e = e.parentElement) {
            const colour = getComputedStyle(e).backgroundColor;
            if (!/, 0\\)$/.test(colour)) return colour;
        }
    };
    const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return [...document.querySelectorAll("body *")].filter(
        e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()) && e.getBoundingClientRect().width
            && !["TITLE", "title", "desc", "style"].includes(e.tagName)
    ).map(e => {
        const style = getComputedStyle(e);
        const colour = e instanceof SVGElement ? style.fill : style.color;
        return [contrast(light(colour), light(paint(e))), e.textContent.trim().slice(0, 40)];
    }).filter(([ratio]) => !(ratio >= 4.5));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_opens_without_an_error_and_asks_for_nothing(opened, made, width, scheme):
    window = opened(width, scheme)
    assert [note for note in window.noted if not note.startswith("data:image/png")] == [made.path.as_uri()[:50]]


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_nothing_is_wider_than_the_window_and_every_picture_has_a_size(opened, width):
    window = opened(width)
    assert window.evaluate("document.documentElement.scrollWidth") <= width
    assert window.evaluate(WIDTHS_BEYOND) == []
    assert min(window.evaluate(SIZES)) > 30


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out_from_the_paper(opened, scheme):
    window = opened(1200, scheme)
    paper = window.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(22, 24, 27)")
    assert window.evaluate(CONTRASTS) == []


def test_what_scrolls_can_be_reached_with_the_keyboard(opened):
    unreachable = """() => [...document.querySelectorAll("body *")].filter(e =>
        e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX == "auto" && e.tabIndex < 0
    ).length"""
    assert opened(390).evaluate(unreachable) == 0


def test_the_page_is_printed_on_white_paper_without_being_cut(opened):
    window = opened(700, "dark")
    window.emulate_media(media="print")
    assert window.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert window.evaluate("getComputedStyle(document.querySelector('.scroll')).overflowX") == "visible"
