"""The catalogue: the classic mistakes of a hand-written backprop, line by line."""
