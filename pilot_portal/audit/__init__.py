"""What happened: append-only, hash-sealed events. Knows nothing of any other app."""
