"""From KubeRay's CRDs to what the test of the manifests needs: names, types, required fields, enums and bounds.

    git clone --depth 1 --branch v1.7.0 https://github.com/ray-project/kuberay
    python tests/deploy/kuberay/reduce.py kuberay/ray-operator/config/crd/bases tests/deploy/kuberay/v1.7.0.json.gz

An API server drops fields that it does not know without a word, so here they are errors: wherever a CRD lists the
properties of an object, no others are allowed. See README.md beside this file for where the result came from.
"""

import gzip
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

KINDS = {
    "RayCluster": "ray.io_rayclusters.yaml",
    "RayJob": "ray.io_rayjobs.yaml",
    "RayService": "ray.io_rayservices.yaml",
}
VERSION = "v1"
AS_IT_IS = ("enum", "required", "pattern", "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength")


def reduced(schema: Mapping[str, Any]) -> dict[str, Any]:
    """One node of a CRD's schema as plain JSON Schema, without descriptions, and closed where properties are listed."""
    kept = {key: schema[key] for key in AS_IT_IS if key in schema}
    if kind := _type(schema):
        kept["type"] = kind
    if "items" in schema:
        kept["items"] = reduced(schema["items"])
    if isinstance(schema.get("additionalProperties"), dict):
        kept["additionalProperties"] = reduced(schema["additionalProperties"])
    if "properties" in schema:
        kept["properties"] = {name: reduced(each) for name, each in schema["properties"].items()}
        kept["additionalProperties"] = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    return kept


def _type(schema: Mapping[str, Any]) -> Any:
    if schema.get("x-kubernetes-int-or-string"):
        return ["integer", "string"]
    kind = schema.get("type")
    return [kind, "null"] if kind and schema.get("nullable") else kind


def of_version(crd: Mapping[str, Any], version: str) -> dict[str, Any]:
    """The schema of one version of a CRD."""
    (found,) = (each for each in crd["spec"]["versions"] if each["name"] == version)
    return reduced(found["schema"]["openAPIV3Schema"])


def main(bases: Path, target: Path) -> None:
    """Write the schemas of all kinds into one compressed file."""
    schemas = {kind: of_version(yaml.safe_load((bases / file).read_text()), VERSION) for kind, file in KINDS.items()}
    text = json.dumps(schemas, separators=(",", ":"), sort_keys=True)
    target.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
