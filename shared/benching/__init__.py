"""The benchmark: how long a step takes, how long its two large products alone would, and how others do the same job."""
