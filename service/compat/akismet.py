"""Akismet's protocol."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("akismet", __name__)
