"""Perspective's protocol (Comment Analyzer v1alpha1)."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("perspective", __name__)
