"""The desk of those who oversee: the IP office determines lists, bureaus and the evaluator read."""
