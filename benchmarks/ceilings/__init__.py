"""What is no matter of time, and must not get worse unnoticed: sizes, counts, latencies, and a score with a floor."""
