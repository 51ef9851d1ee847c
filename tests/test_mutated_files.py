"""However a file is damaged, it loads or is refused with one line, within 2 seconds and 500 MB: no crash, no hang.

The tries are those of `benchmarks/attack.py`, fewer of them.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import attack
import h5py
import numpy as np
import pytest

from shared.data import examiner
from shared.data.dataset import DatasetError, load

TRIES = 100


@pytest.mark.mostly_slow(17)
@pytest.mark.parametrize("layout", attack.LAYOUTS)
def test_every_mutant_loads_or_is_refused(layout):
    outcomes, wrong, memory = attack.made_beside(layout, 0, TRIES)
    assert wrong == []
    assert outcomes.keys() == {"loaded", "refused"}
    assert outcomes.total() == TRIES
    assert memory < attack.MEGABYTES


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize(("plant", "said"), [("crash", "ended with -6"), ("hang", "ended with 1")])
def test_a_mutant_that_crashes_or_hangs_the_program_would_be_named(plant, said):
    outcomes, wrong, _ = attack.made_beside("plain", 5, 9, plant)
    assert wrong[0].startswith(f"plain 7: {said}: ")
    assert (outcomes.total(), len(wrong)) == (3, 1)


# The first look into a file is in a process of its own


@pytest.fixture
def path(tmp_path):
    (tmp_path / "train.h5").write_bytes(attack.sound("plain"))
    return tmp_path / "train.h5"


@pytest.fixture
def looks(monkeypatch, tmp_path):
    """Let the process that looks into files do something else."""

    def let(program):
        (tmp_path / "sitecustomize.py").write_text(f"""
import sys
if sys.argv[:1] == ["-m"]:
    import shared.data.hdf5
    def entries(path):
        {program}
    shared.data.hdf5.entries = entries
""")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        examiner._end()

    yield let
    examiner._end()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import os; os.abort()", "crashes the HDF5 library"),
        ("while True: pass", "takes the HDF5 library too long"),
        ("return bytearray(10**9)", "takes the HDF5 library too much memory"),
    ],
    ids=["crash", "hang", "memory"],
)
def test_a_crash_a_hang_or_too_much_memory_is_a_line(looks, path, program, said):
    looks(program)
    start = time.monotonic()
    with pytest.raises(DatasetError) as caught:
        load(path)
    assert str(caught.value) == f"{path}: reading it {said}; the file is damaged, get it again"
    assert time.monotonic() - start < 60


def test_a_file_is_looked_at_once_and_again_when_it_has_changed(monkeypatch, path):
    looks = []
    ask = examiner._asked
    monkeypatch.setattr(examiner, "_asked", lambda path: looks.append(path) or ask(path))
    load(path)
    load(path)
    os.utime(path, ns=(0, 0))
    load(path)
    assert looks == [path, path]


def test_the_process_that_looks_imports_nothing_from_the_current_folder_and_ends_with_this_one(tmp_path):
    for name in ("signal", "json", "h5py", "numpy"):
        (tmp_path / f"{name}.py").write_text("open('executed', 'w')")
    (tmp_path / "train.h5").write_bytes(attack.sound("plain"))
    program = "import sys; from pathlib import Path; from shared.data import examiner; "
    program += "examiner.examined(Path('train.h5')); print(examiner._helpers[0].pid)"
    environment = os.environ | {"PYTHONPATH": str(attack.ROOT)}
    command = [sys.executable, "-P", "-c", program]
    said = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True).stdout
    assert not (tmp_path / "executed").exists()
    assert not Path(f"/proc/{int(said)}").exists()


IN_USE = {
    "r+": "another program has this HDF5 file open to write into it; wait until it has closed it",
    "SWMR": "this HDF5 file is marked as being written (SWMR, or its writer was cut off); close the program",
}


@pytest.mark.parametrize("how", IN_USE)
def test_a_file_that_another_program_writes_is_called_that_and_not_damaged(path, how):
    program = f"""
import h5py, sys
file = h5py.File({str(path)!r}, {"r+" if how == "r+" else "w"!r}, libver="latest")
if {how == "SWMR"}:
    file["train_set_x"] = 1
    file.swmr_mode = True
print("open", flush=True)
sys.stdin.read()
"""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, text=True) as writer:
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(DatasetError) as caught:
            load(path)
        writer.communicate()
    assert IN_USE[how] in str(caught.value)


def test_a_small_file_that_says_it_unpacks_to_a_gigabyte_is_refused_by_the_size_of_its_chunks(tmp_path):
    # Each of its chunks could hold a thousandth of what the file says that it holds.
    path = tmp_path / "train.h5"
    with h5py.File(path, "w") as file:
        images = file.create_dataset(
            "train_set_x", (1000, 1000, 1000), "u1", chunks=(1, 1000, 1000), compression="gzip"
        )
        for k in range(1000):
            images.id.write_direct_chunk((k, 0, 0), b"x" * (200_000 if k == 0 else 900))
        file["train_set_y"] = np.arange(1000) % 2
    with pytest.raises(DatasetError, match=r"its chunk 2 of at most 1000 has 900 bytes for 1,000,000; it is damaged"):
        load(path)
