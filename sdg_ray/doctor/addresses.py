"""Endpoints: whether every address answers, takes the key, and serves the model under the name that is asked for.

An engine starts as long as one address answers. Here each that does not is named.
"""

import asyncio

from sdg_ray.doctor import Asked, Finding, ok, warning, wrong
from sdg_ray.doctor.uses import endpoints
from sdg_ray.engines.client import Wrong
from sdg_ray.engines.endpoint import Connected, Endpoint
from sdg_ray.engines.keys import secret
from sdg_ray.engines.retries import Fault
from sdg_ray.errors import Refused

CHECK = "endpoints"


def check(asked: Asked) -> list[Finding]:
    """All addresses of all endpoints, asked for their models at once."""
    found = []
    for engine in endpoints(asked.recipe):
        try:
            engine.check()
        except Refused as refused:
            found.append(wrong(CHECK, str(refused), "mend this setting of the model"))
            continue
        greetings = asyncio.run(Connected(engine, secret(engine.key)).greet())
        up = any(not isinstance(greeting, Fault) for greeting in greetings.values())
        found += [judged(engine, url, greeting, up) for url, greeting in greetings.items()]
    return found


def judged(engine: Endpoint, url: str, greeting: list[str] | Wrong, another: bool) -> Finding:
    """The finding for one address; `another` says whether any address of the model answers."""
    if isinstance(greeting, Fault):
        said = f"{engine.name}: {url} {greeting.words}"
        cure = "start the server, or mend addresses=; is its port open from here?"
        return warning(CHECK, f"{said}; others answer", cure) if another else wrong(CHECK, said, cure)
    if not isinstance(greeting, list):
        return wrong(CHECK, f"{engine.name}: {url} {greeting}", "mend key=, addresses= or the server")
    if not greeting:
        return warning(CHECK, f"{engine.name}: {url} answers, and has no list of models", "make sure that it serves it")
    if engine.name not in greeting:
        said = f"{url} does not serve {engine.name}; it serves {', '.join(greeting[:5])}"
        return wrong(CHECK, said, "mend name=, or serve the model under that name")
    return ok(CHECK, f"{url} serves {engine.name}")
