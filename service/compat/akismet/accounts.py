"""Keys and usage: verify-key, usage-limit, key-sites, and undocumented calls of WordPress's settings page."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import asdict
from typing import Any

from flask import Response

from service import csv_cells
from service.compat import callers
from service.compat.akismet import answers, fields, usage
from service.compat.akismet.answers import document, plain
from service.compat.akismet.fields import MissingField
from service.compat.akismet.usage import KINDS, Counts
from service.compat.refusals import Refusal

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_ORDERS = {"total": "api_calls"} | {kind: kind for kind in KINDS}
_MOST_LISTED = 500
#: The parameter `from` -> how many months get-stats sums up.
_STATS_MONTHS = {"60-days": 2, "6-months": 6}
_COLUMNS = ("Site", "Total API Calls", "Spam", "Ham", "Missed Spam", "False Positives", "Is Revoked")


def verify_key() -> Response:
    """Answer `valid` or `invalid`, the latter only for a wrong key or no blog."""
    form = fields.read()
    fields.require_any()
    try:
        callers.require_site(form.get("key", "").strip() or fields.key_of(form))
        fields.blog_of(form)
    except Refusal as refusal:
        response = answers.fail(refusal)
        if response.get_data(as_text=True) == "invalid":
            del response.headers["X-akismet-error"]
        return response
    except MissingField as field:
        response = answers.missing(field)
        response.set_data("invalid")
        return response
    return plain("valid")


def show_usage() -> Response:
    """Answer with this month's calls. Winnow has no monthly limit."""
    site_id = _require_site()
    calls = sum(counts.api_calls for counts in usage.read(site_id, usage.month_now()).values())
    return document({"limit": "none", "usage": calls, "percentage": "0.00", "throttled": False})


def show_sites() -> Response:
    """Answer with the blogs that called in a month and their counts, as JSON or CSV."""
    form = fields.read()
    site_id = _require_site()
    month = form.get("month", "") or usage.month_now()
    if not _MONTH.fullmatch(month):
        return plain("invalid", debug_help="month must be YYYY-MM")
    substring = form.get("filter", "").lower()
    rows = [(blog, counts) for blog, counts in usage.read(site_id, month).items() if substring in blog.lower()]
    column = _ORDERS.get(form.get("order", ""), "api_calls")
    rows.sort(key=lambda row: (-getattr(row[1], column), row[0]))
    limit, offset = _number(form.get("limit", ""), _MOST_LISTED), _number(form.get("offset", ""), 0)
    page = rows[offset : offset + limit]
    if form.get("format", "").lower() == "csv":
        title = (
            f"Active sites for {fields.key_of(form)} during {month} "
            f"(limit:{limit}, offset: {offset}, total: {len(rows)})"
        )
        return _table(title, page)
    listed = [{"site": blog, **asdict(counts), "is_revoked": False} for blog, counts in page]
    return document({month: listed, "limit": limit, "offset": offset, "total": len(rows)})


def deactivate() -> Response:
    """Answer a blog that will not call again. Nothing is stored."""
    _require_site()
    return plain("deactivated")


def make_token() -> Response:
    """Refuse a token for pages of statistics at akismet.com: Winnow has none."""
    _require_site()
    return plain("invalid", debug_help="Winnow has no pages of statistics: see its console.")


def show_subscription() -> Response:
    """Answer with an active account without a limit."""
    site_id = _require_site()
    return document(
        {
            "account_id": 0,
            "account_name": "Winnow",
            "account_type": "self-hosted",
            "status": "active",
            "next_billing_date": False,  # as Akismet says of who pays nothing; its own SDK throws on null
            "limit_reached": False,
            "user_id": site_id,
        }
    )


def show_stats() -> Response:
    """Answer with the blog's counts of the last months: as many as `from` says, up to thirteen."""
    return _show_sum(of_blog=usage.blog_name(fields.read().get("blog", "")))


def show_key_stats() -> Response:
    """Answer likewise with the counts of all blogs that call with the key."""
    return _show_sum(of_blog=None)


def _show_sum(*, of_blog: str | None) -> Response:
    site_id = _require_site()
    total = Counts()
    for month in usage.last_months(_STATS_MONTHS.get(fields.read().get("from", ""), usage.MONTHS_KEPT)):
        for blog, counts in usage.read(site_id, month).items():
            for kind in KINDS if of_blog in (blog, None) else ():
                setattr(total, kind, getattr(total, kind) + getattr(counts, kind))
    mistakes, judged = total.missed_spam + total.false_positives, total.spam + total.ham
    accuracy = 100.0 * max(0, judged - mistakes) / judged if judged else 100.0
    stats: dict[str, Any] = {kind: getattr(total, kind) for kind in KINDS if kind != "api_calls"}
    return document(stats | {"accuracy": round(accuracy, 2), "time_saved": 0, "breakdown": {}})


def say_connected() -> Response:
    """Answer the settings page of WordPress, which tests whether a firewall blocks it."""
    return plain("connected")


def show_plugins() -> Response:
    """Answer with no recommended plugins. WordPress's settings page needs a list."""
    return document([])


def refuse_unknown(call: str) -> Response:  # noqa: ARG001
    """Answer a call that does not exist, or not with this method."""
    response = plain("invalid", error="unknown-call", debug_help="Winnow does not answer this call.")
    response.status_code = 404
    return response


def _require_site() -> str:
    return callers.require_server(fields.key_of(fields.read()))


def _number(text: str, otherwise: int) -> int:
    return min(int(text), _MOST_LISTED * 1000) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def _table(title: str, rows: list[tuple[str, Counts]]) -> Response:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    out.write(f"{title}\n")
    writer.writerow(_COLUMNS)
    numbers = ([getattr(counts, kind) for kind in KINDS] for _, counts in rows)
    writer.writerows([csv_cells.cell(blog), *row, "false"] for (blog, _), row in zip(rows, numbers, strict=True))
    return Response(out.getvalue(), content_type="text/csv; charset=utf-8")
