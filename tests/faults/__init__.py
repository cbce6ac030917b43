"""What breaks on purpose: real processes under a steady stream of comments, one fault at a time, and the counts."""
