"""What a reader reads of a text: the ground of the classifier and the domain alike. Imports nothing of ours."""
