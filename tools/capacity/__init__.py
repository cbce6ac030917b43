"""What Winnow needs for how many comments: filled databases, plans, measurements and the model of docs/capacity.md."""
