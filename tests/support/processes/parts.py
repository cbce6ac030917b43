"""One background process at a time, as `winnow worker` starts it, on a test's own database and Redis."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Self

from moderation.settings import Settings
from tests.support.processes import forks


class Part:
    """A real `scoring`, `delivery` or `clock` process: a context. `log` is what it wrote, shown when the test fails."""

    def __init__(self, settings: Settings, name: str, **environ: str) -> None:
        self._name = name
        self._environ = environment(settings) | environ
        self._log = Path(settings.data_dir) / f"{name}.log"
        self.process: forks.Forked | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        self.kill()
        if failure:
            print(self.log)

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it, without waiting for it."""
        with self._log.open("ab") as log, open(os.devnull, "rb") as nothing:
            arguments = ["worker", "--only", self._name]
            self.process = forks.start(arguments, env=self._environ, files=(nothing, log, log))

    def stop(self, *, within: float = 10.0) -> int:
        """SIGTERM; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(60)


def environment(settings: Settings) -> dict[str, str]:
    """The environment in which a process reads these settings."""
    return without_settings() | {
        "WINNOW_DATABASE_URL": settings.database_url,
        "WINNOW_REDIS_URL": settings.redis_url,
        "WINNOW_DATA_DIR": str(settings.data_dir),
        "WINNOW_SECRET_KEY": ",".join(settings.secret_keys),
        "WINNOW_WEBHOOK_ALLOW": ",".join(map(str, settings.webhook_allow)),
        "WINNOW_LOG_FORMAT": "json",
    }


def without_settings() -> dict[str, str]:
    """This process's environment without any setting of Winnow's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WINNOW_")}
