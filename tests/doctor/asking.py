"""What the doctor is asked in tests: composed as the job composes it, with real models and real files."""

import json
import shutil
from pathlib import Path
from typing import Any

from sdg_ray.config import build, compose
from sdg_ray.doctor import Asked, Check, Finding, Verdict
from sdg_ray.engines.weights import POCKET


def asked(*settings: str) -> Asked:
    """What is to be run with these settings."""
    cfg = compose("generate", settings)
    return Asked(recipe=build(cfg.recipe), cluster=build(cfg.cluster), root=str(cfg.root))


def pocket(to: Path, name: str = "instruct", **config: Any) -> Path:
    """A copy of a pocket model, with settings of its config changed."""
    shutil.copytree(POCKET / name, to)
    file = to / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | config))
    return to


def worst(check: Check, *settings: str) -> Finding:
    """The worst finding of one check."""
    found = check(asked(*settings))
    return max(found, key=lambda each: list(Verdict).index(each.verdict))


def is_wrong(finding: Finding, *words: str) -> bool:
    """Whether a finding says that something is wrong, in these words, and what to do."""
    return finding.verdict is Verdict.WRONG and all(word in finding.found for word in words) and bool(finding.cure)


def is_warning(finding: Finding, *words: str) -> bool:
    """The same of a warning."""
    return finding.verdict is Verdict.WARNING and all(word in finding.found for word in words) and bool(finding.cure)
