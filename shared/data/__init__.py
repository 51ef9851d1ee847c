"""Data and weights: files as people have them, read with care, and the photographs that need no download."""
