"""Applications of Ray Serve: one for all models that write, and one for each model with a head.

    applications(serving)                  for `ray.serve.run_many`, as jobs/serve.py uses them

In a config of Ray Serve, such as a RayService's, builders name them; `settings` are those of jobs/serve.py:

    {name: generators, route_prefix: /, import_path: "sdg_ray.serve.apps:generators", args: {settings: [model=pocket]}}
    {name: reward, route_prefix: /reward, import_path: "sdg_ray.serve.apps:classifier",
     args: {settings: [model=pocket], role: reward}}
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ray import serve

from sdg_ray.errors import Refused
from sdg_ray.serve import Served, Serving, serving, settings
from sdg_ray.serve.classifier import Classifier
from sdg_ray.serve.llm import llm_config

MOST = 4096  # requests that a replica has in hand; by default Ray Serve gives it five


def applications(asked: Serving) -> list[serve.RunTarget]:
    """Everything that is served, with where it is mounted."""
    served = {each.application: each for each in asked.served}
    return [
        serve.RunTarget(
            target=_head(each) if each.model.classifies else _writers(asked.served), name=name, route_prefix=each.prefix
        )
        for name, each in served.items()
    ]


def generators(args: Mapping[str, Any]) -> serve.Application:
    """The application of all models that write, for a config of Ray Serve."""
    return _writers(_asked(args).served)


def classifier(args: Mapping[str, Any]) -> serve.Application:
    """The application of the model with this `role`, for a config of Ray Serve."""
    found = {each.role: each for each in _asked(args).served if each.model.classifies}
    if args["role"] not in found:
        raise Refused(f"model.{args['role']} is no model with a head; such models are {', '.join(found) or 'missing'}")
    return _head(found[args["role"]])


def _asked(args: Mapping[str, Any]) -> Serving:
    found = serving(settings(args["settings"]))
    found.check()
    return found


def _writers(served: Sequence[Served]) -> serve.Application:
    """Ray Serve LLM's application. It has to be imported late: it brings vLLM."""
    from ray.serve.llm import build_openai_app

    return build_openai_app({"llm_configs": [llm_config(each) for each in served if not each.model.classifies]})


def _head(served: Served) -> serve.Application:
    """A replica loads its model in its own process, as a worker of a run does, and has all of its GPUs."""
    actor = {
        "num_cpus": 1,
        "num_gpus": served.devices * served.on_gpus,
        "runtime_env": {"env_vars": served.model.variables},
    }
    options = {"max_ongoing_requests": MOST, "ray_actor_options": actor} | dict(served.options)
    return serve.deployment(Classifier, name=served.role, **options).bind(served.model)
