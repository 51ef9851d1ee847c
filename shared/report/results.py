"""Results in files: a record as JSON and as a page."""

from pathlib import Path

from shared.benching.record import Bench
from shared.comparing.record import Record
from shared.report import json_file
from shared.report.terminal import Terminal


def write(show: Terminal, record: Record, json: Path | None, report: Path | None) -> None:
    """Write what was asked for: the JSON file, and the page into its folder."""
    if json:
        json_file.write(json, record.as_dict())
    if report:
        from shared.report import page  # matplotlib is slow to import

        with show.stage("the page", 0):
            page.write(report, record)


def write_bench(record: Bench, json: Path | None, report: Path | None) -> None:
    """Write what was asked for: the JSON file, and the page into its folder."""
    if json:
        json_file.write(json, record.as_dict())
    if report:
        from shared.report import bench_page  # matplotlib is slow to import

        bench_page.write(report, record)
