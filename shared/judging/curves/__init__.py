"""Training curves: the band that correct programs keep, what makes them part, and the exact curve."""
