"""The sandbox: somebody's program in a process of its own, called, watched over and ended."""
