"""The judge: the exact answer, what rounding may do, and the verdict."""
