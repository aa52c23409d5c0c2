"""The manifests of deploy/kuberay, read: documents, pods, commands."""

import gzip
import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from tests.conftest import REPOSITORY

KUBERAY = REPOSITORY / "deploy" / "kuberay"
VERSION = "v1.7.0"
IN_THE_IMAGE = "/opt/sdg_ray/"  # where the Dockerfile puts the repository
Document = dict[str, Any]


def manifest(name: str) -> Document:
    """The one document of a manifest."""
    return yaml.safe_load((KUBERAY / f"{name}.yaml").read_text())


def schemas() -> dict[str, Any]:
    """KubeRay's schemas by kind: see kuberay/README.md."""
    return json.loads(gzip.decompress((REPOSITORY / "tests/deploy/kuberay" / f"{VERSION}.json.gz").read_bytes()))


def cluster_of(document: Document) -> Document:
    """The RayCluster's spec, whichever kind it is in."""
    spec = document["spec"]
    return spec.get("rayClusterSpec") or spec.get("rayClusterConfig") or spec


def groups(document: Document) -> list[Document]:
    """The head's group and those of workers."""
    cluster = cluster_of(document)
    return [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]


def pods(document: Document) -> Iterator[Document]:
    """The specs of all pods: Ray's, and that of the submitter where there is one."""
    yield from (group["template"]["spec"] for group in groups(document))
    if template := document["spec"].get("submitterPodTemplate"):
        yield template["spec"]


def containers(document: Document) -> Iterator[Document]:
    """All containers of all pods."""
    for pod in pods(document):
        yield from pod["containers"]


def limit(container: Document, resource: str) -> int:
    """What a container gets of a resource that is counted in whole units."""
    return int(container["resources"]["limits"].get(resource, 0))


def bytes_of(quantity: str) -> int:
    """4Gi -> 4294967296; these manifests count memory in Gi."""
    number, unit = quantity[:-2], quantity[-2:]
    assert unit == "Gi", quantity
    return int(number) * 2**30


def job_of(words: list[str]) -> tuple[str, list[str]]:
    """The job's file in the repository, and its settings, of `python jobs/NAME.py ...` as split words."""
    assert words[0].split("/")[-1] == "python", words
    return words[1].removeprefix(IN_THE_IMAGE), words[2:]


def entrypoint(document: Document) -> tuple[str, list[str]]:
    """The job and the settings of a RayJob."""
    return job_of(shlex.split(document["spec"]["entrypoint"]))


def applications(document: Document) -> list[Document]:
    """What a RayService serves."""
    return yaml.safe_load(document["spec"]["serveConfigV2"])["applications"]


def environment(container: Document) -> Mapping[str, Document]:
    """The variables of a container by name."""
    return {each["name"]: each for each in container.get("env", [])}
