"""Processes that share the chunks: the same bits for any number of them. Threads stand for processes here."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from cases import random_case

import implementations
from shared.comparing.answers import ImplementationFailed
from shared.comparing.chunked import Chunked
from shared.distributing.launch import device_of
from shared.distributing.place import first_host, place
from shared.distributing.team import RankFailed, Team
from shared.network import Settings

pytestmark = pytest.mark.mostly_slow(3)

CASE = random_case("7-5-1", 7, 5, 13, seed=4)
CHUNK = 3
"""Five chunks, of which the last has one example."""


class Threads:
    """An engine of threads in one process."""

    name = "threads"

    def __init__(self, rank, size, barrier, table):
        self.rank, self.size, self.barrier, self.table = rank, size, barrier, table

    def together(self, values, combine):
        self.table[self.rank] = values
        self.barrier.wait(20)
        result = combine(np.array([self.table[rank] for rank in range(self.size)]))
        self.barrier.wait(20)
        return result

    def sum(self, values):
        return self.together(values, lambda all_of_them: all_of_them.sum(axis=0))

    def maximum(self, values):
        return self.together(values, lambda all_of_them: all_of_them.max(axis=0))

    def broadcast(self, values):
        self.table[self.rank] = values
        self.barrier.wait(20)
        result = self.table[0].copy()
        self.barrier.wait(20)
        return result


def run(size, work):
    """Let `size` threads do work(team); return what each returns."""
    barrier, table = threading.Barrier(size), {}
    with ThreadPoolExecutor(size) as pool:
        made = [pool.submit(work, Team(Threads(rank, size, barrier, table))) for rank in range(size)]
        return [future.result() for future in made]


def in_dtype(dtype):
    case = CASE.in_form(dtype, "relu")
    return case, Settings(0.05, 3, 5, dtype=dtype)


def trained(implementation, size, dtype):
    """Train by a team; the others follow the leader."""
    case, settings = in_dtype(dtype)

    def work(team):
        program = Chunked(implementation, CHUNK, team=team)
        if team.leads:
            training = program.train(case.parameters, case.X, case.Y, settings)
            right = program.right_answers(training.parameters, case.X, case.Y, "relu")
            team.tell({"do": "stop"})
            return training, right
        examples = {"train": type("Examples", (), {"X": case.X, "Y": case.Y})}
        while (told := team.listen())[0]["do"] != "stop":
            program.follow(told[0]["do"], type(case.parameters)(**told[1]), examples, "relu")
        return None

    return run(size, work)[0]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", implementations.REGISTRY)
def test_costs_and_weights_have_the_same_bits_for_any_number_of_processes(name, dtype):
    implementation = implementations.load(name)
    alone, right = trained(implementation, 1, dtype)
    for size in (2, 3, 7):  # seven are more than there are chunks
        training, also_right = trained(implementation, size, dtype)
        np.testing.assert_array_equal(training.costs, alone.costs, strict=True)
        for V, W in zip(training.parameters, alone.parameters, strict=True):
            np.testing.assert_array_equal(V, W, strict=True)
        assert also_right == right


def test_the_bits_of_a_mean_of_means_are_others():
    """So that the test above can fail: sums of floats over uneven shares depend on their number."""
    case, _ = in_dtype("float64")
    numpy = implementations.load("numpy")
    d = [numpy.gradients(case.parameters, case.X[:, a : a + 1], case.Y[:, a : a + 1]).dW1 for a in range(13)]
    in_two = (sum(d[:6]) + sum(d[6:])) / 13
    in_three = (sum(d[:4]) + sum(d[4:8]) + sum(d[8:])) / 13
    assert not np.array_equal(in_two, in_three)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("count", [1, 2, 5, 29])
def test_every_chunk_belongs_to_one_process_and_shares_differ_by_one(size, count):
    shares = run(size, lambda team: team.share(count))
    assert [k for share in shares for k in share] == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_failure_on_any_rank_is_raised_on_all_and_names_the_first():
    def work(team):
        def fails():
            if team.engine.rank in (1, 2):
                raise ImplementationFailed(f"gradients raised ValueError: {team.engine.rank} (mine.py, line 3)")

        with pytest.raises(RankFailed) as raised:
            team.together(fails)
        return str(raised.value)

    assert run(4, work) == ["rank 1 of 4: gradients raised ValueError: 1 (mine.py, line 3)"] * 4


def test_one_process_alone_raises_what_it_fails_of():
    def fails():
        raise ImplementationFailed("it")

    with pytest.raises(ImplementationFailed, match=r"^it$"):
        Team().together(fails)


def test_an_engine_that_is_cut_off_gets_one_line():
    class Dead(Threads):
        def maximum(self, values):
            raise RuntimeError("Connection closed by peer [127.0.0.1]:4242\n")

    with pytest.raises(
        RankFailed, match=r"^the connection to the other processes is lost: one of them has ended \(Conn"
    ):
        Team(Dead(0, 2, None, {})).agree()


ENVIRONMENTS = {
    "torchrun": ({"RANK": "2", "WORLD_SIZE": "4", "LOCAL_RANK": "0", "MASTER_ADDR": "a", "MASTER_PORT": "7"}, "torch"),
    "mpiexec": ({"PMI_RANK": "2", "PMI_SIZE": "4", "MPI_LOCALRANKID": "0"}, "mpi"),
    "mpiexec of Open MPI": (
        {"OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_LOCAL_RANK": "0"},
        "mpi",
    ),
    "srun": ({"SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "4", "SLURM_LOCALID": "0"}, "torch"),
}


@pytest.mark.parametrize("launcher", ENVIRONMENTS)
def test_a_launcher_is_known_by_its_environment(launcher):
    environment, engine = ENVIRONMENTS[launcher]
    here = place(environment)
    assert (here.rank, here.size, here.local_rank, here.engine, here.launcher) == (2, 4, 0, engine, launcher)
    assert place({name: "1" if value == "4" else value for name, value in environment.items()}) is None
    assert place({}) is None


@pytest.mark.parametrize(
    ("nodes", "first"), [("node[003-007,9],other", "node003"), ("a,b", "a"), ("gpu7", "gpu7"), ("c[1,3]", "c1")]
)
def test_the_first_of_the_nodes_of_slurm_is_found(nodes, first):
    assert first_host(nodes) == first


@pytest.mark.parametrize(("visible", "devices"), [(None, "012"), ("4,5,7", "457"), ("6", "666"), ("", "")])
def test_each_process_of_a_machine_takes_a_gpu_of_its_own(visible, devices):
    assert "".join(device_of(rank, visible) for rank in range(3)) == devices
