"""What every reader and writer of files needs: say what a wrong file is, and never leave half of one."""

import glob
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

LARGEST_DEFLATE_RATIO = 1032
"""The most times its size that a deflate stream can unpack to."""

CHANGED = "this file was changed while it was read; wait until it is written, and start again"

Stamp = tuple[int, int, int]
"""What tells a file from its next version."""

TOKEN_BYTES = 8
"""Random bytes in the name of an unfinished file, written as twice as many hexadecimal digits."""


LONG_AGO = 3600
"""Seconds after which an unfinished file must be that of a program that was killed."""


def one_line(text: object) -> str:
    """Return str(text) with line breaks, terminal codes and other unprintable characters as visible escapes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))


def at_home(path: str) -> str:
    """Write the user's home folder as ~."""
    home = str(Path.home())
    return f"~{path.removeprefix(home)}" if path.startswith(f"{home}{os.sep}") else path


def listed(names: Iterable[str], most: int = 10) -> str:
    """Return the names in quotes on one line, at most `most` of them: 'a', 'b' and 3 more."""
    quoted = [repr(name) for name in names]
    rest = f" and {len(quoted) - most} more" if len(quoted) > most else ""
    return (", ".join(quoted[:most]) + rest) or "nothing"


def too_large(size: int) -> str | None:
    """Say that `size` bytes do not fit into the memory that is free now, or return None."""
    free = psutil.virtual_memory().available
    return None if size <= free else f"needs {size:,} bytes of memory and {free:,} are free"


def stamp(path: Path) -> Stamp | None:
    """Identify this version of a file; None if there is no file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def what_it_is_instead(path: Path, wanted: str) -> str | None:
    """Say why the file at `path` cannot be read as a `wanted` file and what to do, or return None.

    Looks at the file system and at the first bytes only, so a None is no promise that the file is sound.

    Parameters
    ----------
    path : Path
        Where the file should be.
    wanted : str
        The format that was expected, for the message: "HDF5".
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return "this is a folder; name a file in it"
        if not stat.S_ISREG(mode):
            return "this is not a regular file; copy its content into one"
        with path.open("rb") as file:
            start = file.read(512)
    except FileNotFoundError:
        return "there is no such file; check the path"
    except PermissionError:
        return "no permission to read it; change the file's permissions"
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        return f"cannot be opened ({one_line(getattr(error, 'strerror', None) or error)}); check the path"
    return _other_format(start, wanted)


def _other_format(start: bytes, wanted: str) -> str | None:
    """Say what a file is by how it starts, if it is one of those that people often save as a `wanted` file."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        return "the file is empty; download it again"
    if text.startswith(b"version https://git-lfs"):
        return f"this is a Git LFS pointer, not {wanted}; run 'git lfs pull' to get the file itself"
    if text.lower().startswith((b"<!doctype html", b"<html")):
        return f"this is an HTML page, not {wanted} (it starts with {beginning(text)}); download the raw file instead"
    if start.startswith(b"\x1f\x8b"):
        return f"this is a gzip archive, not {wanted}; unpack it first"
    return None


def beginning(start: bytes) -> str:
    """Return the first word of a file, at most 16 bytes of it, in quotes and on one line."""
    word = (start.split(maxsplit=1) or [b""])[0][:16]
    return repr(word.decode("latin-1"))


def write_atomically(path: Path, content: bytes, replace: bool = True) -> None:
    """Write a file so that at any time `path` holds either what it held before or all of `content`.

    That holds even if the program is killed, or power fails: the content is on the disk before it gets the name.
    Unfinished files of programs that were killed are removed. A link stays a link, a file that is there keeps its mode,
    and a pipe or a terminal is written into. With `replace=False` a file that is there by then stays.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    path = path.resolve()
    for old in left_behind(path):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > LONG_AGO:
                old.unlink()
    temporary = unfinished(path)
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        if replace:
            temporary.replace(path)
        else:
            with suppress(FileExistsError):
                os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def unfinished(path: Path) -> Path:
    """Make up a name in the folder of `path`, for a file that becomes `path` when it is finished."""
    return path.with_name(f".{path.name}.{secrets.token_hex(TOKEN_BYTES)}")


def left_behind(path: Path) -> Iterator[Path]:
    """Find what `write_atomically` left in the folder of `path` when it was killed."""
    return path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 2 * TOKEN_BYTES}")


def why_not_writable(path: Path) -> str | None:
    """Say why `write_atomically` could not write `path`, or return None; whatever is there stays as it is."""
    temporary = unfinished(path)
    try:
        temporary.touch(exist_ok=False)
        temporary.unlink()
    except OSError as error:
        return one_line(error.strerror or error)
    return None
