"""Many processes: the engines that carry numbers between them, and sums that are the same to the last bit for any."""
