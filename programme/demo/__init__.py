"""Demo data: the sample enterprises go through the same services as real ones, in the past, so that every desk has work today."""
