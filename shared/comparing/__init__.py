"""The comparison: what is settled before it, how it runs, and what other processes compute meanwhile."""
