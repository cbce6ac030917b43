"""The console's blueprint: a folder for each group of pages, with its views, its templates and its static files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from types import ModuleType

from flask import Blueprint, Response, send_from_directory
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader

from service import static_files


class PageGroups(Blueprint):
    """A blueprint whose pages are grouped in packages below its own.

    Each package lists its pages in ROUTES, as (address, method, view). The template `console/queue/bulk_job.html` is
    the file `queue/templates/bulk_job.html`, and the static file `queue/queue.js` is `queue/static/queue.js`. Files
    that groups share are in the folders `templates` and `static` beside them: `console/base.html`, `console.css`.
    """

    def __init__(self, name: str, import_name: str, groups: Sequence[ModuleType]) -> None:
        super().__init__(name, import_name, static_folder="static", static_url_path=static_files.URL_PATH)
        self._folders = {group.__name__.rpartition(".")[2]: Path(group.__path__[0]) for group in groups}
        for group in groups:
            for rule, method, view in group.ROUTES:
                self.add_url_rule(rule, view_func=view, endpoint=view.__name__, methods=[method])

    @cached_property
    def jinja_loader(self) -> BaseLoader:
        shared = FileSystemLoader(Path(self.root_path) / "templates")
        groups = {name: FileSystemLoader(folder / "templates") for name, folder in self._folders.items()}
        return PrefixLoader({self.name: ChoiceLoader([shared, PrefixLoader(groups)])})

    def send_static_file(self, filename: str) -> Response:
        group, _, name = filename.partition("/")
        if group not in self._folders:
            return super().send_static_file(filename)
        max_age = self.get_send_file_max_age(filename)
        return send_from_directory(self._folders[group] / "static", name, max_age=max_age)
