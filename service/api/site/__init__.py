"""The site itself: its name and mode, and whether it is archived."""
