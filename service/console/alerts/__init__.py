"""What is wrong, above every page; and by which ways one hears of it."""

from __future__ import annotations

from service.console.alerts import own_alerts

ROUTES = own_alerts.ROUTES
