"""The comparison: what is settled before it, how it is run, and what is worked out beside it."""
