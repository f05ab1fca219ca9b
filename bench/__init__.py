"""The benchmarks behind ``make bench``: each figure beside the floor of the same stack, measured in the same run."""
