"""OpenAI's moderation endpoint."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("openai", __name__)
