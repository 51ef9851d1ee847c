"""What the implementations, compare.py and the tests share: data, weights, names, the judge; never mathematics."""
