"""deploy/kubernetes: each object is what Kubernetes takes, and every pod runs with as little as it needs.

KEDA's own kind has no schema here: its fields were compared with its documentation by hand, and are listed below.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from click.testing import CliRunner

from moderation import settings
from tests.support import ROOT
from winnow import cli

FOLDER = ROOT / "deploy" / "kubernetes"
SCHEMAS = json.loads((Path(__file__).parent / "kubernetes.json").read_text())
#: KEDA 2.17's fields of a ScaledObject that are used here.
SCALED = {"scaleTargetRef", "pollingInterval", "minReplicaCount", "maxReplicaCount", "fallback", "advanced", "triggers"}
FALLBACK = {"failureThreshold", "replicas", "behavior"}
TRIGGER = {"type", "name", "metricType", "metadata"}
PROMETHEUS = {"serverAddress", "query", "threshold", "ignoreNullValues"}


def kustomization(folder: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((FOLDER / folder / "kustomization.yaml").read_text())
    return read


def objects(folder: str) -> Iterator[dict[str, Any]]:
    """The objects in the files that a folder's kustomization names."""
    for name in kustomization(folder)["resources"]:
        if (FOLDER / folder / name).is_file():
            yield from yaml.safe_load_all((FOLDER / folder / name).read_text())


EVERYTHING = [found for folder in ("base", "scaling", "example") for found in objects(folder)]
OF_KUBERNETES = [found for found in EVERYTHING if found["kind"] != "ScaledObject"]
PODS = [found for found in EVERYTHING if found["kind"] in {"Deployment", "Job"}]


def name(found: dict[str, Any]) -> str:
    return f"{found['kind']} {found['metadata']['name']}"


def refused(found: dict[str, Any]) -> list[str]:
    """What Kubernetes's schema says against an object."""
    kind = SCHEMAS["kinds"][found["kind"]]
    schema = {"$ref": f"#/$defs/{kind}", "$defs": SCHEMAS["$defs"]}
    errors = jsonschema_rs.Draft202012Validator(schema).iter_errors(found)
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in errors]


@pytest.mark.parametrize("found", OF_KUBERNETES, ids=name)
def test_an_object_is_what_kubernetes_takes(found: dict[str, Any]) -> None:
    assert refused(found) == []


def test_a_misspelt_field_and_a_wrong_type_are_refused() -> None:
    web = next(found for found in EVERYTHING if name(found) == "Deployment winnow-web")
    wrong = json.loads(json.dumps(web))
    wrong["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    wrong["spec"]["replicas"] = "two"
    assert len(refused(wrong)) == 2


@pytest.mark.parametrize("found", PODS, ids=name)
def test_a_pod_has_as_little_as_it_needs(found: dict[str, Any]) -> None:
    pod = found["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False, "Kubernetes would set WINNOW_WEB_PORT and the like"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp", "/run/secrets/winnow"}
        assert {"requests", "limits"} <= container["resources"].keys()
        assert "cpu" not in container["resources"]["limits"], "it would slow down a process that has a whole core free"


@pytest.mark.parametrize("found", PODS, ids=name)
def test_a_pod_is_the_user_of_the_image(found: dict[str, Any]) -> None:
    [user] = re.findall(r"^USER (\d+):", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert found["spec"]["template"]["spec"]["securityContext"]["runAsUser"] == int(user)


@pytest.mark.parametrize("found", PODS, ids=name)
def test_a_pods_environment_can_be_read(found: dict[str, Any], tmp_path: Path) -> None:
    """Every setting that a manifest names is one of Winnow's, with a value that it takes."""
    [generated] = kustomization("base")["configMapGenerator"]
    environ = dict(line.split("=", 1) for line in generated["literals"])
    values = {"database_url": "postgresql://db/winnow", "redis_url": "redis://redis", "secret_key": "k" * 32}
    for variable in found["spec"]["template"]["spec"]["containers"][0]["env"]:
        secret = Path(variable["value"])
        if secret.parent == Path("/run/secrets/winnow"):
            (tmp_path / secret.name).write_text(values.pop(secret.name))
            secret = tmp_path / secret.name
        environ[variable["name"]] = str(secret)
    assert values == {}, "a secret that no variable names"
    known = {f"WINNOW_{setting.upper()}" for setting in [*settings._READERS, "secret_key"]}
    assert {variable.removesuffix("_FILE") for variable in environ} <= known
    settings.from_environment(environ | {"WINNOW_DATA_DIR": "/data"})


@pytest.mark.parametrize("found", PODS, ids=name)
def test_what_begins_waits_for_the_migration(found: dict[str, Any]) -> None:
    before = [container["args"] for container in found["spec"]["template"]["spec"].get("initContainers", [])]
    assert before == ([["winnow", "migrate", "--wait"]] if found["kind"] == "Deployment" else [])


@pytest.mark.parametrize("found", PODS, ids=name)
def test_every_command_is_one_of_winnows(found: dict[str, Any]) -> None:
    pod = found["spec"]["template"]["spec"]
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        program, *arguments = container["args"]
        assert program == "winnow"
        parsed = CliRunner().invoke(cli, [arguments[0], "--help"])
        assert all(option in parsed.output for option in arguments if option.startswith("--"))


def test_what_selects_pods_finds_some() -> None:
    labels = [found["spec"]["template"]["metadata"]["labels"].items() for found in PODS]
    selecting = {
        "Deployment": lambda spec: spec["selector"]["matchLabels"],
        "Service": lambda spec: spec["selector"],
        "PodDisruptionBudget": lambda spec: spec["selector"]["matchLabels"],
        "NetworkPolicy": lambda spec: spec["podSelector"]["matchLabels"],
    }
    for found in objects("base"):
        if found["kind"] in selecting:
            wanted = selecting[found["kind"]](found["spec"]).items()
            assert any(wanted <= has for has in labels), name(found)


def test_what_is_patched_and_scaled_exists() -> None:
    there = {name(found) for found in objects("base")}
    assert {name(found) for found in yaml.safe_load_all((FOLDER / "example" / "stores.yaml").read_text())} <= there
    [patch] = kustomization("scaling")["patches"]
    assert f"{patch['target']['kind']} {patch['target']['name']}" in there
    [scaled] = objects("scaling")
    assert f"Deployment {scaled['spec']['scaleTargetRef']['name']}" in there


def test_the_scaled_object_has_fields_that_keda_knows() -> None:
    [scaled] = objects("scaling")
    spec = scaled["spec"]
    assert spec.keys() <= SCALED
    assert spec["fallback"].keys() == FALLBACK
    behaviour = spec["advanced"].pop("horizontalPodAutoscalerConfig")["behavior"]
    assert spec["advanced"] == {}
    assert behaviour.keys() == {"scaleUp", "scaleDown"}
    for trigger in spec["triggers"]:
        assert trigger["type"] == "prometheus"
        assert trigger.keys() <= TRIGGER
        assert trigger["metadata"].keys() == PROMETHEUS
        assert all(isinstance(value, str) for value in trigger["metadata"].values()), "KEDA takes text only"
    assert spec["minReplicaCount"] >= 1, "the clock and the delivery process are in these pods, too"


def test_the_probes_ask_routes_that_there_are() -> None:
    web = next(found for found in EVERYTHING if name(found) == "Deployment winnow-web")
    [container] = web["spec"]["template"]["spec"]["containers"]
    paths = {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    source = (ROOT / "service" / "operations.py").read_text()
    for path in paths:
        route, _, query = path.partition("?parts=")
        assert f'@blueprint.get("{route}")' in source
        for part in filter(None, query.split(",")):
            assert f'"{part}": _{part}' in source
