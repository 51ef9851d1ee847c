"""A training that was ended at any moment resumes where it was, with the curve of an uninterrupted one."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from conftest import write_pictures

import implementations
from shared.comparing.checkpoint import KIND, Checkpoint, CheckpointError
from shared.comparing.chunked import Chunked, State
from shared.data import streaming, weights
from shared.network import Settings

ROOT = Path(__file__).parents[1]
SETTINGS = Settings(0.05, 60, 4)
PARAMETERS = weights.draw(30, 4, 1, "float64")
OF = {"training data": "abc", "learning_rate": "0.05"}

TRAIN = """
import sys
from pathlib import Path
sys.path[:0] = ["tests"]
import test_resume
test_resume.train(*map(Path, sys.argv[1:]))
"""


@pytest.fixture
def data(tmp_path):
    write_pictures(tmp_path, (6, 5), train=50)
    return tmp_path / "train.h5"


def train(data, kept=None, result=None):
    """Train from a file in chunks; say so before the first step and write the costs at the end."""
    slot = Checkpoint(kept, OF, PARAMETERS).of("numpy") if kept else None
    program = Chunked(implementations.load("numpy"), 8, slot)
    with streaming.opened(data, None, "gray", "standard", "float64") as streams:
        print("ready", flush=True)
        training = program.train(PARAMETERS, streams.train.X, streams.train.Y, SETTINGS)
    if result:
        np.save(result, np.hstack([training.costs, *(V.ravel() for V in training.parameters)]))
    return np.hstack([training.costs, *(V.ravel() for V in training.parameters)])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_killed_at_any_moment_and_resumed_the_training_has_the_bits_of_an_uninterrupted_one(data, tmp_path):
    kept, result, rng, kills = tmp_path / "kept.safetensors", tmp_path / "result.npy", np.random.default_rng(5), 0
    command = [sys.executable, "-c", TRAIN, str(data), str(kept), str(result)]
    for _ in range(100):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            process.stdout.readline()
            time.sleep(rng.uniform(0.005, 0.03))
            process.send_signal(signal.SIGKILL)
        kills += process.returncode == -signal.SIGKILL
        if kept.exists():
            Checkpoint(kept, OF, PARAMETERS)
        if result.exists() or kills == 5:
            break
    assert kills >= 2
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    np.testing.assert_array_equal(np.load(result), train(data))
    assert {path.name for path in tmp_path.iterdir()} == {"train.h5", "kept.safetensors", "result.npy"}


def test_every_completed_step_is_kept(data, tmp_path):
    kept, lengths = tmp_path / "kept.safetensors", []

    class Watched(Chunked):
        def totals(self, *arguments):
            if kept.exists():
                lengths.append(len(Checkpoint(kept, OF, PARAMETERS).states["numpy"].costs))
            return super().totals(*arguments)

    program = Watched(implementations.load("numpy"), 8, Checkpoint(kept, OF, PARAMETERS).of("numpy"))
    with streaming.opened(data, None, "gray", "standard", "float64") as streams:
        program.train(PARAMETERS, streams.train.X, streams.train.Y, Settings(0.05, 5, 4))
    assert lengths == [1, 2, 3, 4]


def test_a_finished_training_takes_no_step_more(data, tmp_path, monkeypatch):
    kept = tmp_path / "kept.safetensors"
    first = train(data, kept)
    monkeypatch.setattr(Chunked, "totals", None)
    np.testing.assert_array_equal(train(data, kept), first)


@pytest.mark.mostly_slow(4)
@pytest.mark.parametrize("what", OF)
def test_another_training_is_refused_and_its_file_left_alone(data, tmp_path, what):
    kept = tmp_path / "kept.safetensors"
    train(data, kept)
    content = kept.read_bytes()
    with pytest.raises(CheckpointError, match=rf"belongs to a training with the {what} {OF[what]}, not other; take"):
        Checkpoint(kept, OF | {what: "other"}, PARAMETERS)
    assert kept.read_bytes() == content


def test_other_initial_weights_are_refused(data, tmp_path):
    train(data, tmp_path / "kept.safetensors")
    with pytest.raises(CheckpointError, match="belongs to a training with the initial weights "):
        Checkpoint(tmp_path / "kept.safetensors", OF, weights.draw(30, 4, 2, "float64"))


def test_a_file_that_is_something_else_is_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    weights.save(path, PARAMETERS)
    with pytest.raises(CheckpointError, match="this file was not written by --resume; name another one"):
        Checkpoint(path, OF, PARAMETERS)
    path.write_bytes(b"not a file of weights")
    with pytest.raises(CheckpointError, match="file is damaged"):
        Checkpoint(path, OF, PARAMETERS)


def test_one_flipped_bit_anywhere_is_told_as_damage(tmp_path):
    path = tmp_path / "kept.safetensors"
    Checkpoint(path, OF, PARAMETERS).of("numpy").keep(State(PARAMETERS, [0.7, 0.6], 1.5))
    content = path.read_bytes()
    tensors = range(8 + int.from_bytes(content[:8], "little"), len(content))
    for place in [*tensors[::97], tensors[-1], content.index(b"0.05"), content.index(b"abc")]:
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(CheckpointError, match=r"this file is damaged \(its content has another digest\)"):
            Checkpoint(path, OF, PARAMETERS)


@pytest.mark.parametrize(
    "state",
    [
        State(PARAMETERS._replace(b1=PARAMETERS.b1.astype("float32")), [0.7], 1.0),
        State(PARAMETERS._replace(W2=np.full((1, 4), np.inf)), [0.7], 1.0),
        State(PARAMETERS, [np.nan], 1.0),
        State(PARAMETERS, [0.7], -1.0),
        State(PARAMETERS, [0.7], np.inf),
    ],
    ids=["dtype", "weights", "costs", "negative seconds", "endless seconds"],
)
def test_a_state_that_cannot_be_is_refused(tmp_path, state):
    path = tmp_path / "kept.safetensors"
    Checkpoint(path, OF, PARAMETERS).of("numpy").keep(state)
    with pytest.raises(CheckpointError, match="the state of numpy is incomplete; name another file"):
        Checkpoint(path, OF, PARAMETERS)


def test_tensors_of_a_type_that_numpy_does_not_have_get_a_line(tmp_path):
    path = tmp_path / "kept.safetensors"
    safetensors.torch.save_file({"numpy/W1": torch.zeros(2, dtype=torch.bfloat16)}, path, {"kind": KIND})
    with pytest.raises(CheckpointError, match="file is damaged"):
        Checkpoint(path, OF, PARAMETERS)


def test_two_programs_do_not_write_over_each_other(tmp_path):
    kept = tmp_path / "kept.safetensors"
    one, two = (Checkpoint(kept, OF, PARAMETERS).of(name) for name in ("numpy", "torch"))
    one.keep(State(PARAMETERS, [1.0]))
    one.keep(State(PARAMETERS, [1.0, 0.5]))
    with pytest.raises(CheckpointError, match=r"kept.safetensors: another program has changed this file, and may"):
        two.keep(State(PARAMETERS, [1.0]))
    assert {name: state.costs for name, state in Checkpoint(kept, OF, PARAMETERS).states.items()} == {
        "numpy": [1.0, 0.5]
    }


def test_a_write_that_another_program_takes_for_a_remainder_is_told(tmp_path, monkeypatch):
    kept = tmp_path / "kept.safetensors"
    slot = Checkpoint(kept, OF, PARAMETERS).of("numpy")
    monkeypatch.setattr(os, "fsync", lambda _: Checkpoint(kept, OF, PARAMETERS))
    with pytest.raises(CheckpointError, match="another program has changed this file"):
        slot.keep(State(PARAMETERS, [1.0]))


def test_a_file_may_train_later_than_others_and_pause_but_not_change(tmp_path):
    kept = tmp_path / "kept.safetensors"
    ours, changed = (OF | {"content of mine.py": content} for content in ("abc", "abd"))
    Checkpoint(kept, OF, PARAMETERS).of("numpy").keep(State(PARAMETERS, [1.0]))
    Checkpoint(kept, ours, PARAMETERS).of("mine.py").keep(State(PARAMETERS, [1.0]))
    Checkpoint(kept, OF, PARAMETERS).of("numpy").keep(State(PARAMETERS, [1.0, 0.5]))
    assert {name: state.costs for name, state in Checkpoint(kept, ours, PARAMETERS).states.items()} == {
        "numpy": [1.0, 0.5],
        "mine.py": [1.0],
    }
    with pytest.raises(CheckpointError, match=r"with the content of mine.py abc, not abd; take the same again"):
        Checkpoint(kept, changed, PARAMETERS)


def test_nothing_is_removed_but_what_a_cut_off_write_has_left(tmp_path):
    ours, others = ".kept.safetensors.0123456789abcdef", [".kept.safetensors.swp", ".kept.safetensors.backup.of.mine"]
    for name in (ours, *others):
        (tmp_path / name).touch()
    Checkpoint(tmp_path / "kept.safetensors", OF, PARAMETERS)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)


def test_the_file_may_be_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "kept.safetensors").symlink_to(tmp_path / "disk" / "large.safetensors")
    Checkpoint(tmp_path / "kept.safetensors", OF, PARAMETERS).of("numpy").keep(State(PARAMETERS, [1.0]))
    assert list(Checkpoint(tmp_path / "disk" / "large.safetensors", OF, PARAMETERS).states) == ["numpy"]


SMALL = ("--hidden", 4, "--frameworks", "numpy", "--chunk", 8)
FEW = (*SMALL, "--iterations", 3)


@pytest.mark.parametrize(
    ("option", "what"), [("--learning-rate", "learning_rate 0.0075, not 0.01"), ("--seed", "initial")]
)
def test_the_command_line_refuses_another_training_with_one_line(compare, data, option, what):
    assert compare("--train", data, *FEW, "--resume", "k.safetensors")[0] == 0
    status, _, errors = compare(
        "--train", data, *FEW, "--resume", "k.safetensors", option, 0.01 if "rate" in option else 7
    )
    assert (status, len(errors.splitlines())) == (2, 1)
    assert f"k.safetensors: belongs to a training with the {what}" in errors


def test_a_training_goes_on_to_more_iterations_with_the_bits_of_one_that_made_them_at_once(compare, data):
    for iterations, kept in ((3, "k"), (5, "k"), (5, "at_once")):
        command = ("--train", data, *SMALL, "--resume", f"{kept}.safetensors", "--json", f"{kept}.json")
        assert compare(*command, "--iterations", iterations)[0] == 0
    in_two, at_once = (json.loads(Path(f"{kept}.json").read_text())["frameworks"] for kept in ("k", "at_once"))
    assert in_two["numpy"]["costs"] == at_once["numpy"]["costs"]
    assert len(in_two["numpy"]["costs"]) == 5


def test_fewer_iterations_than_were_made_are_refused_with_one_line_and_the_file_left_alone(compare, data):
    assert compare("--train", data, *FEW, "--resume", "k.safetensors")[0] == 0
    content = Path("k.safetensors").read_bytes()
    status, _, errors = compare("--train", data, *SMALL, "--resume", "k.safetensors", "--iterations", 2)
    assert (status, len(errors.splitlines())) == (2, 1)
    assert "k.safetensors: numpy has made 3 steps; give --iterations 3 or more, or name another file" in errors
    assert Path("k.safetensors").read_bytes() == content


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--resume", "k.npz"), "k.npz: trainings are kept as .safetensors; give --resume a name that ends in that"),
        (
            ("--resume", "k.safetensors", "--save-trained", "k.safetensors"),
            "k.safetensors: two results would be written there",
        ),
        (("--resume", "no/k.safetensors"), "no/k.safetensors: there is no folder no; make it first"),
    ],
)
def test_a_file_that_cannot_keep_a_training_is_refused_before_the_work(compare, data, options, message):
    status, shown, errors = compare("--train", data, *FEW, *options)
    assert (status, shown, len(errors.splitlines())) == (2, "", 1)
    assert message in errors
