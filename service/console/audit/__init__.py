"""The audit log: what was done, by whom and when."""

from __future__ import annotations

from service.console.audit import audit_log

ROUTES = audit_log.ROUTES
