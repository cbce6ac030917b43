"""The page of statistics."""

from __future__ import annotations

from service.console.statistics import statistics

ROUTES = statistics.ROUTES
