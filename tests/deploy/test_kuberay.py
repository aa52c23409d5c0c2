"""The manifests are what KubeRay takes, and what they start is there."""

import copy
import pydoc
import re
from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sdg_ray.config import build, compose
from sdg_ray.serve import serving, settings
from tests.conftest import REPOSITORY
from tests.deploy.manifests import (
    KUBERAY,
    Document,
    applications,
    bytes_of,
    cluster_of,
    containers,
    entrypoint,
    environment,
    groups,
    limit,
    manifest,
    pods,
    schemas,
)  # fmt: skip

NAMES = ["rayjob", "raycluster", "rayservice"]
OF_RUNS = NAMES[:2]
SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL")
SPOT = [
    {"karpenter.sh/capacity-type": "spot"},
    {"eks.amazonaws.com/capacityType": "SPOT"},
    {"cloud.google.com/gke-spot": "true"},
    {"kubernetes.azure.com/scalesetpriority": "spot"},
]


def faults(document: Document) -> list[str]:
    """What the schema of its kind says against a document."""
    errors = Draft202012Validator(schemas()[document["kind"]]).iter_errors(document)
    return [f"{error.json_path}: {error.message}" for error in errors]


def test_every_manifest_is_tested() -> None:
    assert {path.stem for path in KUBERAY.iterdir()} == {*NAMES, "networkpolicy"}


@pytest.mark.parametrize("name", NAMES)
def test_manifest_fits_the_schema_of_the_operator(name: str) -> None:
    assert faults(manifest(name)) == []


def spoilt(name: str, path: str, value: Any) -> Document:
    """A manifest with one value set at a path such as `headGroupSpec.template.spec.x`, below the cluster's spec."""
    document = copy.deepcopy(manifest(name))
    *way, last = path.split(".")
    at: Any = cluster_of(document)
    for key in way:
        at = at[int(key)] if isinstance(at, list) else at[key]
    at[last] = value
    return document


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("headGroupSpec.tolerations", []),  # belongs below template.spec
        ("workerGroupSpecs.0.minReplica", 1),
        ("workerGroupSpecs.0.replicas", "two"),
        ("headGroupSpec.template.spec.containers.0.env.0.secretKeyRef", {"name": "a", "key": "b"}),
        ("authOptions.mode", "tokens"),
        ("headGroupSpec.template.spec.volumes.0.emptyDir.size", "1Gi"),
    ],
)
def test_a_field_that_is_not_there_or_of_another_type_is_an_error(name: str, path: str, value: Any) -> None:
    assert faults(spoilt(name, path, value))


def test_what_is_required_is_missed() -> None:
    document = copy.deepcopy(manifest("rayjob"))
    del cluster_of(document)["workerGroupSpecs"][0]["groupName"]
    assert faults(document) == ["$.spec.rayClusterSpec.workerGroupSpecs[0]: 'groupName' is a required property"]


@pytest.mark.parametrize("name", NAMES)
def test_every_secret_is_a_reference(name: str) -> None:
    assert manifest(name)["kind"] != "Secret"
    for container in containers(manifest(name)):
        for variable, each in environment(container).items():
            if SECRET.search(variable):
                assert set(each) == {"name", "valueFrom"} and set(each["valueFrom"]) == {"secretKeyRef"}, variable
    assert not re.search(r"AKIA|hf_\w{8}|-----BEGIN|\b(?=\w*\d)\w{32,}", (KUBERAY / f"{name}.yaml").read_text())


@pytest.mark.parametrize("name", OF_RUNS)
def test_every_node_has_what_the_store_needs(name: str) -> None:
    for group in groups(manifest(name)):
        found = environment(group["template"]["spec"]["containers"][0])
        assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL"} <= set(found)
        assert found["AWS_ENDPOINT_URL"]["valueFrom"]["configMapKeyRef"]["optional"] is True
        assert "optional" not in found["AWS_SECRET_ACCESS_KEY"]["valueFrom"]["secretKeyRef"]


@pytest.mark.parametrize("name", NAMES)
def test_ray_asks_for_a_token(name: str) -> None:
    assert cluster_of(manifest(name))["authOptions"] == {"mode": "token"}
    for group in groups(manifest(name)):
        found = environment(group["template"]["spec"]["containers"][0])
        assert found["RAY_AUTH_MODE"]["value"] == "token"


@pytest.mark.parametrize("name", NAMES)
def test_pods_have_limits_shared_memory_and_readiness(name: str) -> None:
    for group in groups(manifest(name)):
        (container,) = group["template"]["spec"]["containers"]
        assert container["resources"]["limits"] == container["resources"]["requests"]
        serves = name == "rayservice" and "groupName" in group
        ready = {"path": "/-/healthz", "port": 8000} if serves else {"path": "/api/healthz", "port": 52365}
        assert container["readinessProbe"]["httpGet"] == ready
        mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
        volumes = {each["name"]: each for each in group["template"]["spec"]["volumes"]}
        shared = volumes[mounts["/dev/shm"]]["emptyDir"]
        assert shared["medium"] == "Memory"
        assert bytes_of(shared["sizeLimit"]) <= bytes_of(container["resources"]["limits"]["memory"]) / 4
        assert set(mounts.values()) == set(volumes)


@pytest.mark.parametrize("name", NAMES)
def test_no_pod_runs_as_root_or_may_become_root(name: str) -> None:
    for pod in pods(manifest(name)):
        assert pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] > 0
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
            }  # fmt: skip


def goes_to(pod: Document, labels: Mapping[str, str]) -> bool:
    """Whether a pod's required node affinity takes a node with these labels; as Kubernetes does for NotIn."""
    terms = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    rules = [term["matchExpressions"] for term in terms]
    assert all(rule["operator"] == "NotIn" for term in rules for rule in term)
    return any(all(labels.get(rule["key"]) not in rule["values"] for rule in term) for term in rules)


@pytest.mark.parametrize("name", NAMES)
def test_the_head_stays_off_spot_nodes_and_workers_may_use_them(name: str) -> None:
    head, *workers = (group["template"]["spec"] for group in groups(manifest(name)))
    assert goes_to(head, {}) and goes_to(head, {"karpenter.sh/capacity-type": "on-demand"})
    assert not [labels for labels in SPOT if goes_to(head, labels)]
    assert "tolerations" not in head
    for worker in workers:
        assert {"nvidia.com/gpu", "cloud.google.com/gke-spot"} <= {each["key"] for each in worker["tolerations"]}


@pytest.mark.parametrize("name", NAMES)
def test_there_is_a_group_with_gpus_and_one_without_and_nothing_works_on_the_head(name: str) -> None:
    head, *workers = groups(manifest(name))
    gpus = {
        group["groupName"]: limit(group["template"]["spec"]["containers"][0], "nvidia.com/gpu") for group in workers
    }
    assert gpus["gpu"] > 0 and gpus["cpu"] == 0
    assert head["rayStartParams"]["num-cpus"] == "0" and head["serviceType"] == "ClusterIP"
    assert limit(head["template"]["spec"]["containers"][0], "nvidia.com/gpu") == 0


@pytest.mark.parametrize("file", ["requirements.txt", "deploy/requirements-gpu.txt"])
@pytest.mark.parametrize("name", NAMES)
def test_ray_is_of_the_version_in_the_image(name: str, file: str) -> None:
    assert f"ray=={cluster_of(manifest(name))['rayVersion']}" in (REPOSITORY / file).read_text().splitlines()


def test_manifests_of_runs_have_the_same_pods() -> None:
    job, cluster = (groups(manifest(name)) for name in OF_RUNS)
    for one, other in zip(job, cluster, strict=True):
        mine, theirs = one["template"]["spec"], other["template"]["spec"]
        assert {**mine, "automountServiceAccountToken": None} == {**theirs, "automountServiceAccountToken": None}


def test_the_job_exists_and_its_settings_fit_together_and_into_the_cluster() -> None:
    job, settings = entrypoint(manifest("rayjob"))
    assert job == "jobs/generate.py" and (REPOSITORY / job).is_file()
    cfg = compose("generate", settings)
    assert cfg.root.startswith("s3://")
    recipe = build(cfg.recipe)
    cluster = build(cfg.cluster).suited(recipe)
    assert set(cluster.pools) <= set(recipe.steps)
    there = sum(
        group["minReplicas"] * limit(group["template"]["spec"]["containers"][0], "nvidia.com/gpu")
        for group in groups(manifest("rayjob"))[1:]
    )
    needed = [sum(cluster.pool(step).min * cluster.pool(step).gpus for step in phase) for phase in recipe.phases]
    assert max(needed) == there
    for step in ("topics", "prompts", "responses", "reward"):  # these load a model
        assert cluster.pool(step).gpus == 1, step
    for model in (cfg.model.generator, cfg.model.reward):
        assert model.name.startswith("/models/") and model.get("dtype", "auto") == "auto"
        assert not {"arguments", "environment"} & set(model), "what the embedded models need on a CPU"


def test_what_the_service_names_is_there_and_fits_into_its_cluster() -> None:
    """Each application by the builder and the settings that make it: as Ray Serve will call it on the cluster."""
    found = [(each, serving(settings(each["args"]["settings"]))) for each in applications(manifest("rayservice"))]
    assert [each["name"] for each, _ in found] == ["generators", "reward"]
    for each, made in found:
        (served,) = made.served
        assert each["route_prefix"] == served.prefix and each["name"] == served.application
        assert each["args"].get("role", served.role) == served.role
        assert callable(pydoc.locate(each["import_path"].replace(":", ".")))
        assert served.on_gpus and served.model.name.startswith("/models/") and served.model.dtype == "auto"
        assert not {**served.model.arguments, **served.model.environment}, "what the embedded models need on a CPU"
    needed = [made.needs for _, made in found]
    assert sum(each["GPU"] for each in needed) == workers_have("nvidia.com/gpu", "minReplicas")
    assert sum(each["CPU"] for each in needed) <= workers_have("cpu", "minReplicas")
    most = [made.served[0].options["autoscaling_config"]["max_replicas"] for _, made in found]
    assert sum(most) == workers_have("nvidia.com/gpu", "maxReplicas")


def workers_have(resource: str, replicas: str) -> int:
    """What the workers of the service have of a resource, with so many pods in each group."""
    workers = groups(manifest("rayservice"))[1:]
    return sum(group[replicas] * limit(group["template"]["spec"]["containers"][0], resource) for group in workers)


def test_a_job_is_tried_again_and_gives_its_gpus_back() -> None:
    spec = manifest("rayjob")["spec"]
    assert spec["backoffLimit"] >= 1 and spec["shutdownAfterJobFinishes"] is True
    assert 0 < spec["ttlSecondsAfterFinished"] <= 3600


def test_only_ray_the_operator_and_metrics_pass_the_network_policy() -> None:
    policy = manifest("networkpolicy")
    head = schemas()["RayCluster"]["properties"]["spec"]["properties"]["networkPolicy"]["properties"]["head"]
    rules = policy["spec"]["ingress"]
    errors = Draft202012Validator(head["properties"]["ingressRules"]).iter_errors(rules)
    assert [error.message for error in errors] == []
    assert policy["spec"]["podSelector"]["matchLabels"] == {"ray.io/is-ray-node": "yes"}
    inside, *others = rules
    assert set(inside["from"][0]) == {"podSelector"}, "of this namespace alone"
    assert [[port["port"] for port in rule["ports"]] for rule in others] == [[8265], [8080]]
    assert all(rule["from"] for rule in rules)
