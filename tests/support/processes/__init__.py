"""Real processes: a whole installation, one background process, a Redis."""
