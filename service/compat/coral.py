"""Coral's external moderation phase."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("coral", __name__)
