"""Going to a page by what it is called: the pages of the console, sites, policies, authors and searches."""

from __future__ import annotations

from service.console.finder import finder

ROUTES = finder.ROUTES
