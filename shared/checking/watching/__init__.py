"""Watching a program at work: every operation on arrays is recorded, with operands, result and place in the source."""
