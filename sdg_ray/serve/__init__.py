"""Models behind addresses, on Ray Serve, for several runs at once.

    Serving(models={"generator": Vllm(name="pocket/instruct"), "reward": Vllm(name="pocket/reward", classifies=True)})

A model that writes is served by Ray Serve LLM (`llm.py`), as `vllm serve` would serve it. A model with a head is served
by a replica of our own (`classifier.py`): Ray Serve LLM has no route for what a head says. Both are told what a worker
of a run would tell its engine, so the same questions with the same seeds have the same answers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sdg_ray.config import build, compose, setting
from sdg_ray.engines import Engine
from sdg_ray.engines.vllm import Vllm
from sdg_ray.errors import Refused

TOGETHER = "generators"  # the application of all models that write
SETTINGS = {
    "only": Sequence[str],
    "host": str,
    "port": int,
    "gpus": bool,
    "address": str | None,
    "deployments": Mapping[str, Any],
}


@dataclass(frozen=True, kw_only=True)
class Served:
    """One model, by the first role that it has in a recipe; `options` are of its deployment, by Ray Serve's names."""

    role: str
    model: Vllm
    on_gpus: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def application(self) -> str:
        """Generators share one application and its address, a model with a head has its own."""
        return self.role if self.model.classifies else TOGETHER

    @property
    def prefix(self) -> str:
        """Where its application is mounted."""
        return f"/{self.role}" if self.model.classifies else "/"

    @property
    def path(self) -> str:
        """What follows host and port in its address."""
        return f"{self.prefix.rstrip('/')}/v1"

    @property
    def devices(self) -> int:
        """The parts that a replica's model is split into."""
        return self.model.tensor_parallel * self.model.pipeline_parallel

    @property
    def needs(self) -> dict[str, int]:
        """What its replicas need when they start, as Ray counts it."""
        fixed, scaled = self.options.get("num_replicas"), self.options.get("autoscaling_config") or {}
        replicas = fixed if isinstance(fixed, int) else scaled.get("min_replicas", 1)
        parts = 0 if self.on_gpus or self.model.classifies else self.devices  # these ask for a CPU each
        return {"CPU": replicas * (1 + parts), "GPU": replicas * self.devices * self.on_gpus}


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What is served: models by role, `only` some of them, each on GPUs or none."""

    models: Mapping[str, Engine]
    only: Sequence[str] = ()
    gpus: bool = False
    deployments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def served(self) -> list[Served]:
        """The models, each once. Those that are behind an address already are left out."""
        found: dict[str, Served] = {}
        for role, model in self._chosen().items():
            if isinstance(model, Vllm) and model.name not in found:
                options = self.deployments.get(role, {})
                found[model.name] = Served(role=role, model=model, on_gpus=self.gpus, options=options)
        return list(found.values())

    @property
    def needs(self) -> dict[str, int]:
        """What all replicas need when they start; the front of the generators is one more."""
        each = [one.needs for one in self.served]
        front = any(not one.model.classifies for one in self.served)
        return {"CPU": sum(one["CPU"] for one in each) + front, "GPU": sum(one["GPU"] for one in each)}

    def check(self) -> None:
        """Raise `Refused` where something cannot be served as asked. No model is loaded."""
        for option, roles in (("only", self.only), ("deployments", self.deployments)):
            if unknown := sorted(set(roles) - set(self.models)):
                raise Refused(f"{option}: there is no model.{unknown[0]}; there are {', '.join(self.models)}")
        for role, options in self.deployments.items():
            if not isinstance(options, Mapping):
                raise Refused(f"deployments.{role}={options} sets nothing; an option is +deployments.{role}.OPTION=...")
        if not self.served:
            raise Refused("there is nothing to serve: every model is behind an address already")
        for each in self.served:
            each.model.check()
            if ":" in each.model.name:
                raise Refused(f"model {each.model.name}: a name with a colon cannot be served; give a folder")
        self._check_names()

    def _check_names(self) -> None:
        """A name leads to one model."""
        by_name = {each.model.name: each for each in self.served}
        for role, model in self._chosen().items():
            if isinstance(model, Vllm) and model != (other := by_name[model.name]).model:
                raise Refused(
                    f"model.{other.role} and model.{role} are both called {model.name} and differ; "
                    "serve one of them: only=[...]"
                )

    def _chosen(self) -> Mapping[str, Engine]:
        return {role: model for role, model in self.models.items() if not self.only or role in self.only}


def serving(asked: Mapping[str, Any]) -> Serving:
    """What the settings of `conf/serve.yaml` ask for."""
    return Serving(models=asked["model"], only=asked["only"], gpus=asked["gpus"], deployments=asked["deployments"])


def settings(arguments: Sequence[str]) -> dict[str, Any]:
    """`conf/serve.yaml` with settings as they are typed, built."""
    cfg = compose("serve", arguments)
    for name, hint in SETTINGS.items():
        setting(cfg, name, hint)
    return build(cfg)


def check_room(needs: Mapping[str, float], there: Mapping[str, float]) -> None:
    """Refuse what a cluster has no room for: Ray Serve would wait for it without end."""
    for resource, name in (("GPU", "GPUs"), ("CPU", "CPUs")):
        if needs[resource] > there.get(resource, 0) + 1e-6:
            raise Refused(
                f"the models need {math.ceil(needs[resource])} {name} and the cluster has {there.get(resource, 0):g}; "
                "serve fewer of them, only=[...], or join a larger cluster, address=..."
            )
