"""A site's past: comments brought from where the site was before, and taken away to wherever it goes."""
