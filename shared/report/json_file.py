"""Results as a JSON file."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.data.files import write_atomically
from shared.network import InputError


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write results, completely or not at all. Numbers that are not finite become null: JSON has no word for them."""
    text = f"{json.dumps(finite(dict(content)), indent=1, allow_nan=False)}\n".encode()
    try:
        write_atomically(path, text)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error


def finite(value: Any) -> Any:
    """Replace every number that is not finite by None, at any depth."""
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
