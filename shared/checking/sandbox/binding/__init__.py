"""Binding: which value each parameter of a user's function or class gets, and how what comes back is read."""
