"""The result record as a JSON file."""

import json
import math
from pathlib import Path
from typing import Any

from shared.files import write_atomically
from shared.report.record import Record


def write(path: Path, record: Record) -> None:
    """Write the record, whole or not at all. Numbers that are not finite become null: JSON has no word for them."""
    text = json.dumps(finite(record.as_dict()), indent=1, allow_nan=False)
    write_atomically(path, f"{text}\n".encode())


def finite(value: Any) -> Any:
    """Replace every number that is not finite by None, at any depth."""
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
