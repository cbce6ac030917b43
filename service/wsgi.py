"""The application of a web process: what a WSGI server loads."""

from __future__ import annotations

import os

from moderation import settings
from service.app import create_app

app = create_app(settings.from_environment(os.environ))
