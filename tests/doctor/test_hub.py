"""Models of the hub, with a hub of our own: gated ones need a token, and one that does not answer is only a warning."""

from pathlib import Path

from tests.doctor.test_places import run_here
from tests.engines.server import Reply, Server

CODE = (
    "import sys; from sdg_ray.doctor import hub; from tests.doctor.asking import asked\n"
    "made = asked('model.generator.name=somebody/large', 'model.judge.name=somebody/large')\n"
    "[sys.stdout.write(f'{each.verdict} {each.found}\\n') for each in hub.check(made)]"
)


def test_gated_model_and_a_hub_that_fails(tmp_path: Path) -> None:
    with Server() as server:
        address = server.address.removesuffix("/v1")
        hub = {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
        server.models = Reply(body={"id": "somebody/large", "gated": "manual"})
        assert run_here(CODE, hub | {"HF_TOKEN": ""}) == "warning somebody/large is gated, and there is no token\n"
        assert run_here(CODE, hub | {"HF_TOKEN": "hf_somebody"}) == "ok somebody/large can be had\n"
        server.models = Reply(status=404, body="")
        assert run_here(CODE, hub).startswith("warning somebody/large: the hub could not be asked: ")
