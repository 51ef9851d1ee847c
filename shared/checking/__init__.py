"""The doctor: it examines a backprop that somebody wrote by hand, and says which line is wrong and why."""
