"""compose.yaml: every container can do as little as it needs, and its Redis asks for a password."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from redis.backoff import NoBackoff
from redis.retry import Retry

from moderation import settings
from operations.embedded_redis import find_server
from tests.support import ROOT
from tests.support.processes.ports import free_port
from tests.support.waiting import eventually

TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
#: What the official image of PostgreSQL needs while it begins.
CAPABILITIES = {"postgres": {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}}


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_can_do_as_little_as_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(service.get("cap_add", [])) == CAPABILITIES.get(name, set())
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert any(path.startswith("/tmp") for path in service["tmpfs"])
    assert "healthcheck" in service
    assert "privileged" not in service
    assert all(published.startswith("127.0.0.1:") for published in service.get("ports", []))


def test_images_are_named_to_the_last_digit() -> None:
    of_others = [service["image"] for service in SERVICES.values() if "build" not in service]
    of_ours = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert of_others
    for image in [*of_others, *of_ours]:
        assert re.search(r":\d+\.\d+(\.\d+)?-[a-z-]+\d*$", image), image


def test_the_instructions_make_every_secret_that_is_used() -> None:
    made = set(re.findall(r"^# .*> (secrets/\w+)", TEXT, re.MULTILINE))
    assert made == {secret["file"] for secret in COMPOSE["secrets"].values()}
    assert {name for service in SERVICES.values() for name in service["secrets"]} == COMPOSE["secrets"].keys()


@pytest.mark.parametrize("name", ["web", "worker", "migrate"])
def test_settings_are_ones_that_winnow_knows(name: str) -> None:
    known = {f"WINNOW_{setting.upper()}" for setting in [*settings._READERS, "secret_key"]}
    assert {variable.removesuffix("_FILE") for variable in SERVICES[name]["environment"]} <= known


def test_redis_asks_for_its_password_and_shows_it_to_nobody(tmp_path: Path) -> None:
    (tmp_path / "redis_password").write_text("a0b1c2d3")
    (tmp_path / "valkey-server").symlink_to(find_server().path)
    [shell, option, script] = SERVICES["redis"]["command"]
    script = script.replace("$$", "$").replace("/run/secrets", str(tmp_path)).replace("/data", str(tmp_path))
    port = free_port()
    script = script.replace("valkey-server - ", f"{tmp_path}/valkey-server - --port {port} ")
    process = subprocess.Popen([str(shutil.which(shell)), option, script], stdout=subprocess.DEVNULL)
    at_once = Retry(NoBackoff(), 0)
    try:
        with redis.Redis(port=port, password="a0b1c2d3", retry=at_once) as client:
            eventually(lambda: _answers(client), what="Redis answers")
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("appendonly") == {"appendonly": "yes"}
        with redis.Redis(port=port, retry=at_once) as client, pytest.raises(redis.AuthenticationError):
            client.ping()
        assert b"a0b1c2d3" not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    finally:
        process.terminate()
        process.wait(60)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
