"""The application of a web process, for a WSGI server to load."""

from __future__ import annotations

import os

from moderation import settings
from service.app import create_app

app = create_app(settings.from_environment(os.environ))
