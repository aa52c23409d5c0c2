"""The lifecycle rule as a store takes it, and the commands that the README names."""

import json
import re
import shlex

import pytest

from sdg_ray.config import compose
from tests.conftest import REPOSITORY
from tests.deploy.manifests import job_of, manifest

DEPLOY = REPOSITORY / "deploy"


def test_a_store_takes_the_lifecycle_rule_and_it_touches_nothing_that_is_finished(s3_port: int) -> None:
    import boto3

    client = boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{s3_port}", region_name="us-east-1",
        aws_access_key_id="somebody", aws_secret_access_key="nothing",
    )  # fmt: skip
    client.create_bucket(Bucket="with-rules")
    written = json.loads((DEPLOY / "s3" / "lifecycle.json").read_text())
    client.put_bucket_lifecycle_configuration(Bucket="with-rules", LifecycleConfiguration=written)
    (rule,) = client.get_bucket_lifecycle_configuration(Bucket="with-rules")["Rules"]
    assert rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 2 and rule["Status"] == "Enabled"
    assert set(rule) == {"ID", "Status", "Filter", "AbortIncompleteMultipartUpload"}, "no expiration"


def commands() -> list[str]:
    """The lines of the README's blocks, without what follows a `#`."""
    blocks = re.findall(r"```\n(.*?)```", (DEPLOY / "README.md").read_text(), re.DOTALL)
    return [line.split(" #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_every_file_that_the_readme_names_is_there_and_the_other_way_round() -> None:
    text = (DEPLOY / "README.md").read_text()
    named = set(re.findall(r"deploy/[\w/]+(?:\.\w+)?", text)) - {"deploy/"}
    assert {name for name in named if not (REPOSITORY / name).exists()} == set()
    table = set(re.findall(r"^\| `([\w/.]+)` \|", text, re.MULTILINE))
    there = {str(path.relative_to(DEPLOY)) for path in DEPLOY.rglob("*") if path.is_file()}
    assert there - table == {"README.md", "Dockerfile.dockerignore", "requirements-gpu.txt"}


@pytest.mark.parametrize("command", [line for line in commands() if "generate" in line])
def test_commands_of_the_readme_name_jobs_and_settings_that_there_are(command: str) -> None:
    if "generate.sbatch" in command:
        job, settings = "jobs/generate.py", shlex.split(command.split("generate.sbatch")[1])
    else:
        job, settings = job_of(shlex.split(command.split(" -- ")[1]))
    assert (REPOSITORY / job).is_file()
    assert compose("generate", [each for each in settings if each != "..."]).run == "demo"


def test_names_that_the_readme_tells_to_create_are_those_of_the_manifests() -> None:
    text, written = (DEPLOY / "README.md").read_text(), json.dumps([manifest("rayjob"), manifest("raycluster")])
    wanted = set(re.findall(r'"(?:secretKeyRef|configMapKeyRef)": \{"name": "([\w-]+)"', written))
    assert wanted == {"sdg-ray-s3", "sdg-ray-store", "sdg-ray-hub", "sdg-ray-endpoint"}
    assert all(name in text for name in wanted)
    assert f"rayjob {manifest('rayjob')['metadata']['name']}" in text
    assert f"service/{manifest('raycluster')['metadata']['name']}-head-svc" in text
