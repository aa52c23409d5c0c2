"""Put models behind addresses, so that several runs share them: Ray Serve, OpenAI-compatible, until Ctrl-C.

    python jobs/serve.py                               the embedded family, and the command of a run that uses it
    python jobs/serve.py only=[generator,reward]       two of its models
    python jobs/serve.py model@model.generator=llama31_8b only=[generator] gpus=true
    python jobs/serve.py +deployments.generator.num_replicas=2 port=8001

    model=pocket      which models (conf/model), and every setting of theirs: as for jobs/generate.py
    only=[]           some of them, by their names in a recipe; by default all, each once
    host=127.0.0.1    who may ask: this machine; with 0.0.0.0 others too, and anybody on them, for there is no key
    port=8000         where
    gpus=false        a GPU for every part of each replica's model; else it runs on CPUs
    address=ADDRESS   of a Ray cluster (auto for one that runs here); by default one is started here
    +deployments.MODEL.OPTION=...   options of Ray Serve, as it takes them: num_replicas, autoscaling_config

Models that write share the address /v1; one with a head has an address of its own, and answers /classify there.
Exit codes: 0 ended by Ctrl-C, 2 refused, or a model could not be loaded.
"""

import contextlib
import logging
import math
import os
import signal
import socket
import threading
import time
from collections.abc import Mapping, Sequence

from rich.console import Console

from sdg_ray.command import command
from sdg_ray.config import compose
from sdg_ray.engines.vllm import QUIET
from sdg_ray.errors import Refused, installed_by
from sdg_ray.serve import Served, Serving, check_room, serving, settings
from sdg_ray.serve.state import state

LOOK, REMIND = 1.0, 30.0  # seconds between two looks at the models, and between two lines while nothing changes
ANYBODY = ("0.0.0.0", "::")


def main(arguments: Sequence[str], console: Console) -> int:
    """Check, serve, and say how the models do until somebody ends it."""
    asked = settings(arguments)
    wanted = serving(asked)
    wanted.check()
    address = asked["address"] or os.environ.get("RAY_ADDRESS", "local")
    if address == "local":
        check_port(asked["host"], asked["port"])
    os.environ.update(QUIET)  # before anything brings vLLM
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    with installed_by("cluster"):
        from ray import serve
    connect(address, wanted)
    console.print("loading " + ", ".join(each.model.name for each in wanted.served), markup=False, highlight=False)
    try:
        start(wanted, asked["host"], asked["port"])
        here = socket.gethostname() if asked["host"] in ANYBODY else asked["host"]
        watch(wanted, f"http://{here}:{asked['port']}", console)
    except KeyboardInterrupt:
        console.print("ending")
    finally:
        for name in serve.status().applications:
            with contextlib.suppress(TimeoutError):
                serve.delete(name)
        if address != "local":
            serve.shutdown()  # one that was started here goes with its cluster
    console.print("ended")
    return 0


def connect(address: str, wanted: Serving) -> None:
    """Join a cluster, or start one on this machine with as many CPUs as Ray has to count for these models."""
    import ray
    from ray import serve

    cpus = max(os.cpu_count() or 1, math.ceil(wanted.needs["CPU"])) if address == "local" else None
    ray.init(
        address=address,
        num_cpus=cpus,
        include_dashboard=False if address == "local" else None,
        log_to_driver=False,
        logging_level="ERROR",
        configure_logging=True,
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # Ray's own would leave the models behind
    check_room(wanted.needs, ray.cluster_resources())
    if there := serve.status().applications:
        raise Refused(f"this cluster serves {', '.join(there)} already; use another one, address=...")


def start(wanted: Serving, host: str, port: int) -> None:
    """Have Ray Serve load the models."""
    from ray import serve

    from sdg_ray.serve.apps import applications

    for library in ("ray.serve", "vllm"):
        logging.getLogger(library).setLevel(logging.ERROR)
    serve.start(http_options={"host": host, "port": port})
    serve.run_many(
        applications(wanted), wait_for_ingress_deployment_creation=False, wait_for_applications_running=False
    )


def check_port(host: str, port: int) -> None:
    """Refuse a port that something else has, or a host that is not of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise Refused(f"nothing can be served at {host}:{port}: {error}; choose another port=") from None


def watch(wanted: Serving, base: str, console: Console) -> None:
    """Say of each model when it is ready and when it is not; of all, when they are, how a run uses them."""
    from ray import serve

    began = said = time.monotonic()
    known: dict[str, str] = {}
    told = False
    never = threading.Event()
    while True:
        status, now = serve.status(), time.monotonic()
        for each in wanted.served:
            how = state(each, status)
            if how != known.get(each.role, "loading"):
                console.print(line(each, base, how, now - began), highlight=False, markup=False, soft_wrap=True)
            known[each.role] = how
        waiting = [each.model.name for each in wanted.served if known[each.role] != "ready"]
        if waiting and now - said >= REMIND:
            console.print(
                f"{now - began:.0f} s: waiting for {', '.join(waiting)}", style="dim", markup=False, highlight=False
            )
            said = now
        if not waiting and not told:
            console.print(
                f"\n{usage(wanted.served, base)}\n\nCtrl-C ends it", highlight=False, markup=False, soft_wrap=True
            )
            told = True
        never.wait(LOOK)


def line(each: Served, base: str, how: str, seconds: float) -> str:
    """What is said of a model when it changes."""
    if how == "ready":
        return f"{each.model.name}  {base}{each.path}  ready after {seconds:.0f} s"
    return f"{each.model.name}  {how}: Ray Serve starts it again"


def usage(served: Sequence[Served], base: str) -> str:
    """The command of a run that uses these models."""
    known = compose("generate", ["run=none", "model=served"])
    words = ["python jobs/generate.py run=NAME model=served"]
    words += [f"served={base}"] * (base != known.served)
    for each in served:
        words += _overrides(each, base, known.model)
    return " ".join(words)


def _overrides(each: Served, base: str, known: Mapping[str, Mapping[str, object]]) -> list[str]:
    """What has to be said of one model, since `conf/model/served.yaml` says something else."""
    at = f"model.{each.role}"
    if each.role not in known:
        group = "endpoint_reward" if each.model.classifies else "endpoint"
        return [f"+model@{at}={group} {at}.name={each.model.name} {at}.addresses=[{base}{each.path}]"]
    return [f"{at}.name={each.model.name}"] * (known[each.role]["name"] != each.model.name)


if __name__ == "__main__":
    command(main, __doc__)
