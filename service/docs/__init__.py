"""The OpenAPI document at /api/openapi.json, and the page made from it at /api/docs."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, render_template

from service import pages, static_files
from service.docs import document, reading
from service.problems import KINDS

blueprint = Blueprint(
    "docs",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path=f"/docs{static_files.URL_PATH}",
)


#: What to do about each problem.
ADVICE = {
    "malformed": "It is no JSON, or a form that cannot be read; `detail` says where. Sending it again will not help.",
    "unauthorized": "The key is missing, mistyped or was rotated away. A revoked key may work for some seconds more.",
    "archived": "Nobody judges its comments: do not publish them. An admin brings it back, or `PATCH /api/v1/site`.",
    "not-found": "The address is mistyped, or this site has nothing of this id. Another site's comments are not shown.",
    "method-not-allowed": "`detail` and the header `Allow` say what is.",
    "conflict": "This `external_id` or `Idempotency-Key` was used for another comment, which is in `current`.",
    "stale": "Somebody was quicker: `current` shows it as it is now. Decide again with its `version`, or leave it.",
    "not-now": "`detail` says what stands in the way, such as a webhook that is switched off. Change that first.",
    "erased": "Nothing of it is left to show or to change.",
    "too-large": "A request takes 320 KiB, a batch 8 MiB, unless the operator has set other limits.",
    "unsupported-media-type": "Send JSON, and say so in `Content-Type`.",
    "invalid": "`errors` names each field, with sentences that you may show to who filled it in.",
    "too-many-requests": "Wait for as many seconds as `Retry-After` says.",
    "internal": "Our fault. The operator finds it in the log under `request_id`.",
    "unavailable": "The database is busy, full or away. Nothing was stored: send it again after `Retry-After`.",
    "refused": "`detail` says why.",
}


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The document."""
    return Response(_encoded(_app()), content_type="application/json")


@blueprint.get("/docs", strict_slashes=False)
def page() -> Response:
    """The page."""
    return pages.set_headers(Response(_rendered(_app()), content_type="text/html; charset=utf-8"))


# Anybody may ask for these, and they are the same each time: made once.


@cache
def _encoded(app: Flask) -> bytes:
    return json.dumps(_document(app), ensure_ascii=False, indent=1).encode()


@cache
def _rendered(app: Flask) -> bytes:
    openapi_document = _document(app)
    sections = reading.sections(openapi_document)
    advice = {kind: reading.prose(text) for kind, text in ADVICE.items()}
    return render_template(
        "docs/page.html", document=openapi_document, sections=sections, problems=KINDS, advice=advice
    ).encode()


@cache
def _document(app: Flask) -> dict[str, Any]:
    return document.build(app)


def _app() -> Flask:
    return cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
