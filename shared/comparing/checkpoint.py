"""A training's state, written to a file after every step, so that the training can be resumed however it ended.

The file (.safetensors) holds for each implementation its weights W1 b1 W2 b2, the costs so far and the seconds they
took, and in its metadata what the training is of. It is replaced at once: at any moment it holds one completed step.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from shared.comparing.chunked import State
from shared.data.files import left_behind, one_line, stamp, what_it_is_instead, write_atomically
from shared.network import Array, InputError, Parameters

KIND = "a training of trigrad, step by step"
"""The note that marks a file as one of these."""

DIGEST = "digest"
"""The note with the digest of a file's content, which shows whether anything has changed."""

CONTENT = "content of "
"""The beginning of a note, before the name of a user's file, that holds the file's digest."""

SETTINGS = (
    "learning_rate",
    "dtype",
    "activation",
    "channels",
    "scaling",
    "chunk",
    "device",
    "matmul_precision",
)
"""The settings that must be the same if a training is to go on."""

NOT_ALONE = "another program has changed this file, and may train there; let only one use it at a time"

FIELDS = (*Parameters._fields, "costs", "seconds")


class CheckpointError(InputError):
    """A checkpoint cannot be used. The text is one line: file, what was found, what was wanted, what to do."""


class Checkpoint:
    """The file of `--resume`.

    Parameters
    ----------
    path
        The file. If it is there, its states are read; what a write that was cut off left beside it is removed.
    identity
        What the training is of: data, initial weights, settings, the user's files that train (each a note of `CONTENT`
        and its name). All must be the same to resume, but a file may be added that has not trained before. The number
        of steps does not count: a training may go on to more.
    parameters
        The initial weights: states have their shapes and their dtype.

    Raises
    ------
    CheckpointError
        If the file is something else, or belongs to another training.
    """

    def __init__(self, path: Path, identity: Mapping[str, str], parameters: Parameters) -> None:
        self.path, self.identity = path, {"kind": KIND, **identity, "initial weights": digest(parameters)}
        self.states: dict[str, State] = {}
        self.left = stamp(path)
        if path.exists():
            self._read(parameters)
        for cut_off in left_behind(path.resolve()):
            cut_off.unlink(missing_ok=True)

    def of(self, name: str) -> "Slot":
        """The place of one implementation."""
        return Slot(self, name)

    def check_not_beyond(self, iterations: int, names: Iterable[str]) -> None:
        """Check that no training has gone beyond `iterations`: it may go on, but earlier weights are gone.

        Raises
        ------
        CheckpointError
            If one of these implementations has made more steps.
        """
        for name in self.states.keys() & set(names):
            made = len(self.states[name].costs)
            if made > iterations:
                raise CheckpointError(
                    f"{one_line(self.path)}: {one_line(name)} has made {made:,} steps; "
                    f"give --iterations {made} or more, or name another file"
                )

    def write(self) -> None:
        """Replace the file.

        Raises
        ------
        CheckpointError
            If it cannot be written, or another program has written it in the meantime.
        """
        if (now := stamp(self.path)) and now != self.left:
            raise CheckpointError(f"{one_line(self.path)}: {NOT_ALONE}")
        tensors: dict[str, Array] = {}
        for name, state in self.states.items():
            values = (*state.parameters, np.array(state.costs, np.float64), np.array([state.seconds]))
            tensors |= {f"{name}/{field}": np.ascontiguousarray(V) for field, V in zip(FIELDS, values, strict=True)}
        notes = self.identity | {DIGEST: _digest_of(tensors, self.identity)}
        try:
            write_atomically(self.path, safetensors.numpy.save(tensors, notes))
        except OSError as error:
            reason = one_line(error.strerror or error)
            if isinstance(error, FileNotFoundError) and self.path.parent.is_dir():  # another program cleaned up
                raise CheckpointError(f"{one_line(self.path)}: {NOT_ALONE}") from error
            raise CheckpointError(f"{one_line(self.path)}: cannot be written ({reason}); check the folder") from error
        self.left = stamp(self.path)

    def _read(self, parameters: Parameters) -> None:
        where = one_line(self.path)
        if wrong := what_it_is_instead(self.path, ".safetensors"):
            raise CheckpointError(f"{where}: {wrong}")
        try:
            with safetensors.safe_open(self.path, framework="numpy") as file:
                notes, tensors = file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (safetensors.SafetensorError, OSError, TypeError) as error:  # TypeError: a type that NumPy does not have
            state = f"this .safetensors file is damaged ({one_line(error)[:200]})"
            raise CheckpointError(f"{where}: {state}; name another file") from error
        if notes.get("kind") != KIND:
            raise CheckpointError(f"{where}: this file was not written by --resume; name another one")
        if notes.pop(DIGEST, "") != _digest_of(tensors, notes):
            raise CheckpointError(f"{where}: this file is damaged (its content has another digest); name another file")
        new_files = {what for what in self.identity if what.startswith(CONTENT) and what not in notes}
        for what, wanted in self.identity.items():
            if what not in new_files and notes.get(what) != wanted:
                noted = one_line(notes.get(what, "nothing"))
                raise CheckpointError(
                    f"{where}: belongs to a training with the {what} {noted}, not {wanted}; "
                    "take the same again, or name another file"
                )
        self.identity = notes | self.identity  # with files that do not train this time, whose states stay
        for name in {key.rpartition("/")[0] for key in tensors}:
            self.states[name] = self._state(name, tensors, parameters)

    def _state(self, name: str, tensors: Mapping[str, Array], parameters: Parameters) -> State:
        values = [tensors.get(f"{name}/{field}", np.empty(0)) for field in FIELDS]
        float64 = np.dtype(np.float64)
        wanted = [*((V.shape, V.dtype) for V in parameters), ((values[4].size,), float64), ((1,), float64)]
        complete = [(V.shape, V.dtype) for V in values] == wanted and all(np.isfinite(V).all() for V in values)
        if not complete or values[5][0] < 0:
            state = f"the state of {one_line(name)} is incomplete"
            raise CheckpointError(f"{one_line(self.path)}: {state}; name another file")
        return State(Parameters(*values[:4]), values[4].tolist(), float(values[5][0]))


class Slot:
    """Where the state of one implementation is kept."""

    def __init__(self, checkpoint: Checkpoint, name: str) -> None:
        self.checkpoint, self.name = checkpoint, name

    def kept(self) -> State | None:
        """Return the state that the file held."""
        return self.checkpoint.states.get(self.name)

    def keep(self, state: State) -> None:
        """Write a state."""
        self.checkpoint.states[self.name] = state
        self.checkpoint.write()


def identity(settings: Mapping[str, Any], sha256: str, sources: Mapping[str, str]) -> dict[str, str]:
    """Say what a training is of: its data, its settings, and the files of users that train."""
    files = {f"{CONTENT}{name}": source_digest(source) for name, source in sources.items() if source.endswith(".py")}
    return {"training data": sha256, **{key: str(settings[key]) for key in SETTINGS}, **files}


def source_digest(source: str) -> str:
    """Hash a user's file, to notice whether it has changed."""
    return hashlib.sha256(Path(source).read_bytes()).hexdigest()[:16]


def _digest_of(tensors: Mapping[str, Array], notes: Mapping[str, str]) -> str:
    """Hash what a file holds."""
    content = hashlib.sha256(repr(sorted(notes.items())).encode())
    for name, V in sorted(tensors.items()):
        content.update(f"{name} {V.dtype} {V.shape}".encode() + V.tobytes())
    return content.hexdigest()


def digest(parameters: Parameters) -> str:
    """Hash weights."""
    content = b"".join(np.ascontiguousarray(V).tobytes() for V in parameters)
    return hashlib.sha256(content).hexdigest()[:16]
