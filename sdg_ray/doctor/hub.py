"""Models of the hub: whether they can be had, and a token is there for those that are given only to who asks."""

import functools

from sdg_ray.doctor import Asked, Finding, ok, warning
from sdg_ray.doctor.files import is_hub_name
from sdg_ray.doctor.uses import different, on_vllm

CHECK = "hub"
SECONDS = 8.0


def check(asked: Asked) -> list[Finding]:
    """Each model that is not a folder here."""
    names = [(each.name, each.revision) for each in (use.engine for use in on_vllm(asked.recipe)) if is_hub_name(each)]
    return [_judged(name, revision) for name, revision in different(names)]


@functools.cache
def _judged(name: str, revision: str | None) -> Finding:
    import httpx
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        gated = huggingface_hub.HfApi().model_info(name, revision=revision, timeout=SECONDS).gated
    except (HfHubHTTPError, OfflineModeIsEnabled, httpx.HTTPError, OSError, ValueError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        if isinstance(huggingface_hub.try_to_load_from_cache(name, "config.json", revision=revision), str):
            return ok(CHECK, f"{name} is in the cache here; the hub was not reached")
        cure = "is the name right, is the hub open from here, and is HF_TOKEN set for a model that needs one?"
        return warning(CHECK, f"{name}: the hub could not be asked: {said}", cure)
    if gated and not huggingface_hub.get_token():
        cure = "accept its terms on the hub, and export HF_TOKEN=... on every node"
        return warning(CHECK, f"{name} is gated, and there is no token", cure)
    return ok(CHECK, f"{name} can be had")
