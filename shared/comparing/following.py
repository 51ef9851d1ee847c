"""What the processes other than rank 0 do: each processes its chunks whenever rank 0 says so.

Rank 0 first says how the examples are scaled and cut, and sends a digest of the share of each process; then it sends
the weights of every step. Only rank 0 judges, writes and prints.
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
    """End the others when this process is done or fails. If one of them has failed, they have all ended already."""
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
    """Lead: say how to begin, and go on only if all processes have the same file.

    Raises
    ------
    RankFailed
        If one of them cannot begin, or has another file.
    """
    m, scale = data.train.X.shape[1], data.scale
    digests = [digest(data.train.stored_rows(share_of(team, m, chunk, rank))) for rank in range(team.engine.size)]
    numbers = {"scale": np.array([scale.white, scale.shift, scale.width]), "digests": np.array(digests)}
    team.tell({"do": BEGIN, "chunk": str(chunk), "examples": str(m)}, numbers)
    team.agree()


def follow(team: Team, examples: Examples, compared: Compared) -> None:
    """Follow: do what the leader says, until it says to stop.

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
    """Check that this process reads what the leader reads."""
    path, m_here = data.train.path, data.train.X.shape[1]
    if m_here != m or digest(data.train.stored_rows(share_of(team, m, chunk, team.engine.rank))) != wanted:
        raise InputError(f"{path}: this is not the file that rank 0 reads; give all processes the same")


def obey(team: Team, data: Streams, chunk: int, compared: Compared) -> None:
    """Do what the leader says."""
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
    """Return the examples of a rank."""
    chunks = team.share(-(-m // chunk), rank)
    return range(chunks.start * chunk, min(chunks.stop * chunk, m))
