"""Third-party clients, run unchanged against a server that listens: what they make of each answer."""
