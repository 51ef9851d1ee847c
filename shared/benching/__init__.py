"""The benchmark: how long a step takes, how long its two large products take alone, and how other libraries compare."""
