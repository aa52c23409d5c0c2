"""A family of your own is one file and one config file, wherever they lie, and nothing else has to change."""

from pathlib import Path

import pytest

from sdg_ray.config import build, compose
from sdg_ray.errors import Refused
from sdg_ray.recipe import Recipe
from tests.small import assert_complete, rows_of, run_here, table

FAMILY = """
from dataclasses import dataclass

from sdg_ray.errors import Refused
from sdg_ray.prompts.family import Draft
from sdg_ray.template import template


@dataclass(frozen=True, kw_only=True)
class Haiku:
    season: str
    quota: int | None = 6
    ask: str = "topics/sub"

    seeds = None
    per_seed = 2
    needs = frozenset({"writer"})

    def check(self):
        template(self.ask, "n", "topic")
        if not self.season:
            raise Refused("prompts.haiku: season is empty")

    def open(self, means):
        async def make(number, chance):
            made = await means.asking.items(template(self.ask, "n", "topic"), 2, chance, topic=self.season)
            return [Draft.of(each, [self.season]) for each in made]

        return make
"""
CONF = "_target_: my_haiku.Haiku\nseason: ???\n"
ENGINE = "{_target_: tests.scripted_writer.ListWriter}"
ANSWERS = "{_target_: tests.scripted.Scripted}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the family and its config, of which Python and Hydra have been told."""
    (tmp_path / "my_haiku.py").write_text(FAMILY)
    (tmp_path / "conf" / "prompts").mkdir(parents=True)
    (tmp_path / "conf" / "prompts" / "haiku.yaml").write_text(CONF)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def recipe_with(folder: Path, *settings: str) -> Recipe:
    chosen = (
        f"hydra.searchpath=[file://{folder}/conf]",
        "run=first",
        "recipe=world",
        "recipe.prompts.rows=6",
        "+prompts@recipe.prompts.families.haiku=haiku",
        "~prompts@recipe.prompts.families.world",
        "+recipe.prompts.writer={_target_: sdg_ray.prompts.asking.Writer, engine: " + ENGINE + "}",
        f"recipe.responses.engine={ANSWERS}",
        f"recipe.reward.scorer.engine={ANSWERS}",
    )
    made = build(compose("generate", [*chosen, *settings]).recipe)
    assert isinstance(made, Recipe)
    return made


def test_family_of_ones_own_goes_through_every_step(folder: Path) -> None:
    made = recipe_with(folder, "recipe.prompts.families.haiku.season=autumn")
    made.check()
    root = folder / "runs"
    _, failed = run_here(made, root)
    assert not failed
    assert_complete(made, root)
    rows = rows_of(table(root, "first", "prompts", 0))
    assert len(rows) == made.prompts.planned == 6
    assert {row["family"] for row in rows} == {"haiku"} and all(row["error"] is None for row in rows)
    assert {tuple(row["origin"]["path"]) for row in rows} == {("autumn",)}


def test_its_settings_are_checked_and_are_identity_like_those_of_any_other(folder: Path) -> None:
    with pytest.raises(Refused, match="season is empty"):
        recipe_with(folder, "recipe.prompts.families.haiku.season=''").check()
    with pytest.raises(Refused, match="haiku has no 'form'; it has season, quota, ask"):
        recipe_with(folder, "recipe.prompts.families.haiku={season: autumn, form: short}")
    one, other = (recipe_with(folder, f"recipe.prompts.families.haiku.season={name}") for name in ("autumn", "spring"))
    assert one.identities()["prompts"] != other.identities()["prompts"]
