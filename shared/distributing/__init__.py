"""Many processes: engines that carry numbers between them, and sums with the same bits for any number of processes."""
