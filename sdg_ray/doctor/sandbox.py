"""The sandbox, where a recipe runs code of models: whether this machine can isolate as much as is demanded."""

from sdg_ray.doctor import Asked, Finding, ok, wrong
from sdg_ray.errors import Refused
from sdg_ray.sandbox import found
from sdg_ray.scorers.python_tests import PythonTests

CHECK = "sandbox"


def check(asked: Asked) -> list[Finding]:
    """Each scorer that runs code. Nodes of a cluster may differ from this machine."""
    scorers = (getattr(stage, "scorer", None) for stage in asked.recipe.stages.values())
    return [_judged(scorer) for scorer in scorers if isinstance(scorer, PythonTests)]


def _judged(scorer: PythonTests) -> Finding:
    try:
        scorer.check()
    except Refused as refused:
        cure = (
            "install bubblewrap, or allow user namespaces (sysctl kernel.unprivileged_userns_clone, the pod's policy)"
        )
        return wrong(CHECK, str(refused), cure)
    return ok(CHECK, f"{scorer.name}: isolation={found().name}")
