"""One result record, and the ways to show it."""
