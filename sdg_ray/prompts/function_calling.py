"""Requests that need a tool: the system message lists several, and one of them is the right one.

get_tide  ->  system: You can use these tools: ... get_tide ... get_price ...   user: When is high tide in Tolland?
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sdg_ray.chance import Chance
from sdg_ray.config import runtime
from sdg_ray.errors import Refused
from sdg_ray.prompts.family import Draft, Means, Program
from sdg_ray.prompts.files import digest
from sdg_ray.prompts.tools import Tool, reference, tools_in, written
from sdg_ray.record import Chat
from sdg_ray.template import Template, template, worded


@dataclass(frozen=True, kw_only=True)
class FunctionCalling:
    """`requests` that need one tool of the file `tools`, each shown with `others` further tools by chance.

    A seed is one tool; tools come round again with other company. The reference says which tool is expected, and has
    all that are shown, so that a call can be checked (`sdg_ray.calls.checked_call`).

    Raises:
        Refused: the file cannot be read, or what is in it are no tools.
    """

    tools: str = runtime("function_calling/tools.json")
    requests: int = 2
    others: int = 3
    quota: int | None = 10_000
    ask: str = worded("function_calling/requests")
    system: str = worded("function_calling/system")
    content: str = field(init=False)  # a hash of the file

    seeds = None
    needs = frozenset({"writer"})

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", digest(self.tools, "function_calling"))
        tools_in(self.tools, "function_calling")

    @property
    def per_seed(self) -> int:
        """All requests for one tool."""
        return self.requests

    def check(self) -> None:
        """Raise `Refused` for a template that does not fit, or nothing to ask."""
        self._templates()
        if self.requests < 1 or self.others < 0:
            raise Refused("prompts.function_calling: requests must be at least 1, and others not below 0")

    def open(self, means: Means) -> Program:
        """From a number to the requests for one tool."""
        asking, tools = means.asking, tools_in(self.tools, "function_calling")
        wanted, system = self._templates()

        async def make(number: int, chance: Chance) -> Sequence[Draft]:
            expected = tools[number % len(tools)]
            shown = self._shown(expected, tools, chance.at("others"))
            made = await asking.items(wanted, self.requests, chance, tool=written(expected))
            drafts = (Draft.of(each, [expected["name"]]) for each in made)
            return [_with_tools(draft, expected, shown, system) for draft in drafts]

        return make

    def _shown(self, expected: Tool, tools: Sequence[Tool], chance: Chance) -> list[Tool]:
        """The expected tool at any place among others."""
        rest = [tool for tool in tools if tool is not expected]
        shown = [expected, *chance.sample(rest, min(self.others, len(rest)))]
        chance.shuffle(shown)
        return shown

    def _templates(self) -> tuple[Template, Template]:
        return template(self.ask, "n", "tool"), template(self.system, "tools")


def _with_tools(draft: Draft, expected: Tool, shown: Sequence[Tool], system: Template) -> Draft:
    """A request after the system message that lists the tools."""
    origin = {**(draft.origin or {})}
    origin["template"] = f"{origin['template']} {system.version}"  # of the request, and of the system message
    if draft.error is not None:
        return replace(draft, origin=origin)
    before = system.fill(tools="\n".join(map(written, shown)))
    chat: Chat = [{"role": "system", "content": before}, *draft.prompt]
    return replace(draft, prompt=chat, reference=reference(expected, shown), origin=origin)
