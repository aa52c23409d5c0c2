"""The official OpenAI client, with nothing of its own: it sends a request once and gives the body that came back.

What does not succeed comes back as a value, not as an exception: an exception would carry the server's words and the
request along, and the key may be in both.

    client = Client(url="http://localhost:8000/v1", key=key, timeout=600)
    await client.complete(body)            a chat completion: the body, or a Fault, a BadRow or a Refused
    await client.head("classify", body)    vLLM's /classify or /pooling
    await client.greet()                   the names of its models, or what follows from the error
"""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

from sdg_ray.engines import BadRow
from sdg_ray.engines.keys import masked
from sdg_ray.engines.retries import Fault, verdict
from sdg_ray.engines.wire import Malformed, parsed
from sdg_ray.errors import Refused

GREETING = 10.0  # seconds to connect, and for a list of models
NO_LIST = {400, 404, 405, 501}  # statuses of a server that is there, but does not say which models it has

Wrong = Fault | BadRow | Refused


class Client:
    """One address, as one event loop uses it."""

    def __init__(self, *, url: str, key: str, timeout: float) -> None:
        import aiohttp
        import openai

        self.url, self.key, self.timeout = url, key, timeout
        self.errors = (openai.OpenAIError, aiohttp.ClientError, TimeoutError)
        self.openai = openai.AsyncOpenAI(
            base_url=url,
            api_key=key,
            max_retries=0,
            timeout=openai.Timeout(timeout, connect=GREETING),
            http_client=openai.DefaultAioHttpClient(),  # a request costs half the CPU that it costs by default
        )

    async def complete(self, body: Mapping[str, Any]) -> str | Wrong:
        """A chat completion, or a prompt's. Not by the client's typed method, which looks at every message: slower by
        a quarter."""
        path = "/completions" if "prompt" in body else "/chat/completions"
        return await self._body(self.openai.post(path, cast_to=str, body=body))

    async def head(self, head: str, body: Mapping[str, Any]) -> str | Wrong:
        """A head's values. vLLM has its heads beside /v1, not in it."""
        url = f"{self.url.removesuffix('/v1')}/{head}"
        return await self._body(self.openai.post(url, cast_to=str, body=body))

    async def greet(self) -> list[str] | Wrong:
        """The names of the models there are; none where the server has no such list."""
        request = self.openai.get("/models", cast_to=str, options={"timeout": GREETING})
        try:
            async with asyncio.timeout(GREETING):
                return _names(masked(await request, self.key))
        except self.errors as error:
            return [] if getattr(error, "status_code", None) in NO_LIST else verdict(error, self.key)

    async def close(self) -> None:
        """Close its connections."""
        await self.openai.close()

    async def _body(self, request: Awaitable[str]) -> str | Wrong:
        try:
            async with asyncio.timeout(self.timeout):
                return masked(await request, self.key)
        except self.errors as error:
            return verdict(error, self.key)


def _names(body: str) -> list[str]:
    try:
        listed = parsed(body).get("data")
    except Malformed:
        return []
    return [str(each.get("id")) for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
