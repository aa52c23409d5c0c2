"""A model with a head behind an address: a replica that speaks vLLM's /classify.

    POST {prefix}/classify {"model": name, "messages": [...], "use_activation": false}
        {"data": [{"probs": [1.6, 1.6, 3.3, 0.5, 0.5], ...}], "usage": {"prompt_tokens": 11}, ...}
    GET {prefix}/v1/models

The engine in it is the one that a worker of a run has, so the values are the same. They are given as they are, without
softmax; who asks for anything else is refused.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from sdg_ray.engines import BadRow, Engine, EngineDied
from sdg_ray.record import Chat

TOO_LONG = "too long: "


class Classifier:
    """One replica."""

    def __init__(self, engine: Engine) -> None:
        self.name, self.session = engine.model, engine.start()
        self.death: EngineDied | None = None

    async def __call__(self, request: Request) -> JSONResponse:
        """Answer a request. Ray Serve calls this for whatever comes to the application's address."""
        method, path = request.method, request.url.path
        if method == "GET" and path.endswith("/v1/models"):
            return JSONResponse({"object": "list", "data": [{"id": self.name, "object": "model"}]})
        if method != "POST" or not path.endswith("/classify"):
            return refusal(404, f"there is no {method} {path} here; there is POST /classify")
        try:
            return await self._values(conversation(await request.json(), self.name))
        except ValueError as wrong:
            return refusal(400, str(wrong))

    async def check_health(self) -> None:
        """Ray Serve asks this every few seconds, and starts another replica in the place of one that raises."""
        if self.death is not None:
            raise self.death

    async def _values(self, chat: Chat) -> JSONResponse:
        try:
            found = await self.session.classify(chat)
        except BadRow as bad:
            said = str(bad)
            return refusal(413 if said.startswith(TOO_LONG) else 400, said.removeprefix(TOO_LONG))
        except EngineDied as died:
            self.death = died
            return refusal(503, str(died))
        first = {"index": 0, "label": None, "probs": found.values, "num_classes": len(found.values)}
        usage = {"prompt_tokens": found.prompt_tokens, "total_tokens": found.prompt_tokens}
        return JSONResponse({"object": "list", "model": self.name, "data": [first], "usage": usage})


def conversation(body: Any, model: str) -> Chat:
    """The conversation that a request is about. Raises `ValueError` for one that cannot be answered as it is."""
    if not isinstance(body, dict) or body.get("model") != model:
        raise ValueError(f"the request must be a JSON object with the model {model!r}")
    if body.get("use_activation") is not False:
        raise ValueError('this server gives raw values alone: say "use_activation": false')
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(_is_message(each) for each in messages):
        raise ValueError("messages must be a list of objects with role and content, both texts")
    return [{"role": each["role"], "content": each["content"]} for each in messages]


def refusal(status: int, message: str) -> JSONResponse:
    """An error in the form that OpenAI-compatible servers share."""
    return JSONResponse({"error": {"message": message, "type": "error", "code": status}}, status_code=status)


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("role"), str) and isinstance(value.get("content"), str)
