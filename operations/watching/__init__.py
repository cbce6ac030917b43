"""What `winnow top` shows of a running installation: looked up, put into words, and drawn."""
