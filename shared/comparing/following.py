"""What the processes of a job do that do not lead: each goes through its chunks whenever rank 0 tells it to.

Rank 0 tells first how the examples are scaled and cut, and what it reads in the share of each process; then the weights
of every step. It alone judges, writes and speaks.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import numpy as np

from shared.comparing import setup
from shared.comparing.chunked import Chunked
from shared.comparing.options import Compared, Examples
from shared.comparing.programs import InChunks
from shared.data import streaming
from shared.data.images import Scale
from shared.data.streaming import Streams
from shared.distributing.team import RankFailed, Team, digest
from shared.network import InputError, Parameters

BEGIN, STOP = "begin", "stop"


@contextmanager
def leading(team: Team) -> Iterator[None]:
    """Let the others end when this process is done or fails. Where one of them has failed, all end by that."""
    try:
        yield
    except RankFailed:
        raise
    except BaseException:
        with suppress(RankFailed):
            team.tell({"do": STOP})
        raise
    else:
        team.tell({"do": STOP})


def begin(team: Team, data: Streams, chunk: int) -> None:
    """As the leader: tell how to begin, and go on only if all have the same file.

    Raises
    ------
    RankFailed
        If one of them cannot begin, or has another file.
    """
    m, scale = data.train.X.shape[1], data.scale
    read = [digest(data.train.stored_rows(share_of(team, m, chunk, rank))) for rank in range(team.engine.size)]
    numbers = {"scale": np.array([scale.white, scale.shift, scale.width]), "digests": np.array(read)}
    team.tell({"do": BEGIN, "chunk": str(chunk), "examples": str(m)}, numbers)
    team.agree()


def follow(team: Team, examples: Examples, compared: Compared) -> None:
    """As another process: do what the leader tells, until it tells to stop.

    Raises
    ------
    RankFailed
        If anything fails in any process.
    """
    what, numbers = team.listen()
    if what["do"] == STOP:
        return
    chunk, opened = int(what["chunk"]), []
    with ExitStack() as files:

        def open_files() -> None:
            scale = Scale(*numbers["scale"].tolist())
            train, test = setup.files(examples)
            here = (train, test, examples.channels, examples.scaling, compared.dtype, examples.names, scale)
            opened.append(files.enter_context(streaming.opened(*here)))
            check_same(opened[0], int(what["examples"]), int(numbers["digests"][team.engine.rank]), team, chunk)

        team.together(open_files)
        obey(team, opened[0], chunk, compared)


def check_same(data: Streams, m: int, wanted: int, team: Team, chunk: int) -> None:
    """Find out whether this process reads what the leader reads."""
    path, found = data.train.path, data.train.X.shape[1]
    if found != m or digest(data.train.stored_rows(share_of(team, m, chunk, team.engine.rank))) != wanted:
        raise InputError(f"{path}: here this is another file than that of rank 0; give all processes the same")


def obey(team: Team, data: Streams, chunk: int, compared: Compared) -> None:
    """Do what the leader tells."""
    sources = setup.names_of(compared.frameworks)
    programs = InChunks(data.train.X, chunk, (compared.device, compared.matmul_precision), team=team)
    loaded: dict[str, Chunked] = {}
    parts = {"train": data.train} | ({"test": data.test} if data.test else {})
    while True:
        what, tensors = team.listen()
        if what["do"] == STOP:
            return
        name = what["name"]
        if name not in loaded:
            loaded[name] = programs.load(name, sources[name])
        loaded[name].follow(what["do"], Parameters(**tensors), parts, compared.activation)


def share_of(team: Team, m: int, chunk: int, rank: int) -> range:
    """The examples of a rank."""
    chunks = team.share(-(-m // chunk), rank)
    return range(chunks.start * chunk, min(chunks.stop * chunk, m))
