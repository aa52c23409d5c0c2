"""What Prometheus reads of a run on the port of a Ray node, and the dashboard that shows it."""

import json
import re
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from sdg_ray.report.conservation import Conservation
from sdg_ray.report.tally import Tally
from sdg_ray.store import Store
from tests.conftest import REPOSITORY
from tests.scripted import Scripted
from tests.small import STEPS, ids, run_here, small_recipe

DASHBOARD = REPOSITORY / "deploy/grafana/dashboard.json"
RAYS_OWN = {"SessionName", "NodeAddress", "Version", "WorkerId", "JobId", "Component"} | {
    f"otel_scope_{name}" for name in ("name", "version", "schema_url")
}
SEEN = "shard_seconds_count"
Samples = dict[tuple[str, ...], float]


def law_of(store: Store, shards: int) -> Conservation:
    made = small_recipe(shards=shards)
    return Conservation(made, Tally(store=store, steps=made.steps))


@pytest.mark.cluster
@pytest.mark.usefixtures("cluster")
def test_a_node_shows_exact_figures_also_when_the_job_was_started_again(tmp_path: Path) -> None:
    from sdg_ray.report.metrics import Metrics

    engine = Scripted(too_long="7")
    store, _ = run_here(small_recipe(shards=1, engine=engine), tmp_path)
    first = law_of(store, 3)
    first.tally.update()
    Metrics(first)(())  # the first launch found a shard and ended; the second one finds it as well, and two more
    run_here(small_recipe(shards=2, engine=engine), tmp_path)
    law = law_of(store, 3)
    law.tally.update()
    metrics = Metrics(law)
    metrics(())
    run_here(small_recipe(shards=3, engine=engine), tmp_path)
    metrics(law.tally.update())

    def of(name: str, *labels: str) -> dict[str, float]:
        return {at[2]: value for at, value in samples.items() if at[0] == f"ray_sdg_{name}" and at[3:] == labels}

    def whole(shown: Samples) -> bool:
        rows, seen = ({at[2]: n for at, n in shown.items() if at[0] == f"ray_sdg_{name}"} for name in ("rows", SEEN))
        return rows == dict.fromkeys(STEPS, 12.0) and seen.keys() == set(STEPS)

    samples, text = scraped(lambda: metrics(()), whole)
    assert of("rows") == of("rows_planned") == dict.fromkeys(STEPS, 12.0)
    for name, step in (("tokens_out", "responses"), ("tokens_in", "reward")):
        assert of(name)[step] == law.tally.sum(step, name) > 0
    assert of("candidates_judged") == {"selection": law.tally.total("judged")}
    assert of("candidates_kept") == {"selection": law.tally.total("kept")}
    assert of("errors", "too long") == {"responses": law.tally.reasons("errors")["too long"]}
    assert of(SEEN) == dict.fromkeys(STEPS, 1.0), "only what this launch has seen to be finished"
    assert {at[1] for at in samples} == {"first"}
    assert not [name for name in ids(tmp_path, "first")["prompts"] if name in text], "a tag for each prompt"


def scraped(again: Callable[[], None], wanted: Callable[[Samples], bool]) -> tuple[Samples, str]:
    """Our samples by name, run, step and what else tells them apart, once the node shows what is wanted; and the text.

    A node shows what it was last told: for a moment figures may be old, or some of them there and others not yet. What
    it shows after the longest wait is handed out as it is, and the test says what is wrong with it.
    """
    import ray

    (node,) = (each for each in ray.nodes() if each["Alive"])
    address = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
    until = time.monotonic() + 90
    while True:
        again()
        time.sleep(0.5)
        with urllib.request.urlopen(address, timeout=30) as answer:
            text = answer.read().decode()
        samples = sampled(text)
        if wanted(samples) or time.monotonic() > until:
            return samples, text


def sampled(text: str) -> Samples:
    """Our samples in what a node shows."""
    samples: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name.startswith("ray_sdg_") and not sample.name.endswith(("_bucket", "_created")):
                own = {name: value for name, value in sample.labels.items() if name not in RAYS_OWN}
                assert own.keys() <= {"run", "step", "kind"}, sample.labels
                key = (sample.name, own["run"], own["step"], *([own["kind"]] if "kind" in own else []))
                assert key not in samples, "the same twice"
                samples[key] = sample.value
    return samples


def test_kinds_of_errors_are_bounded() -> None:
    from collections import Counter

    from sdg_ray.report.metrics import KINDS, WIDTH, counted

    known: Counter[str] = Counter()
    for number in range(1000):
        counted(known, {f"{number} is a kind of its own {'x' * 200}": 1})
    assert len(known) == KINDS + 1 and known["other"] == 1000 - KINDS and known.total() == 1000
    assert max(map(len, known)) <= WIDTH


def expressions() -> list[str]:
    shown = json.loads(DASHBOARD.read_text())
    asked = [target["expr"] for panel in shown["panels"] for target in panel["targets"]]
    return asked + [each["definition"] for each in shown["templating"]["list"] if "definition" in each]


def test_dashboard_asks_for_metrics_that_there_are() -> None:
    import importlib.util

    from sdg_ray.report import metrics

    histogram = {f"{metrics.SECONDS}_{part}" for part in ("bucket", "sum", "count")}
    ours = {f"ray_{name}" for name in {*metrics.SUMS, metrics.PLANNED, metrics.ERRORS} | histogram}
    asked = {name for expression in expressions() for name in re.findall(r"\bray_\w+", expression)}
    spec = importlib.util.find_spec("ray")
    assert spec and spec.submodule_search_locations
    panels = Path(spec.submodule_search_locations[0]) / "dashboard/modules/metrics/dashboards"
    rays = set(re.findall(r"\bray_\w+", (panels / "default_dashboard_panels.py").read_text()))

    assert asked - ours <= rays
    assert ours - asked <= {f"ray_{metrics.SECONDS}_sum", f"ray_{metrics.SECONDS}_count"}, "a figure nobody sees"
    assert asked - ours, "GPUs and actors are Ray's own"


def test_dashboard_is_one_that_grafana_takes() -> None:
    shown = json.loads(DASHBOARD.read_text())
    assert shown["schemaVersion"] >= 38 and shown["uid"] and shown["title"]
    variables = {each["name"] for each in shown["templating"]["list"]}
    assert len({panel["id"] for panel in shown["panels"]}) == len(shown["panels"])
    places = set()
    for panel in shown["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24 and (at["x"], at["y"]) not in places
        places.add((at["x"], at["y"]))
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        for target in panel["targets"]:
            assert target["expr"].count("(") == target["expr"].count(")")
            used = set(re.findall(r"\$\{?(\w+)", json.dumps([panel["datasource"], target])))
            assert used <= variables, used
            by = re.findall(r"by \(([^)]*)\)", target["expr"])
            legend = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert legend <= {label for each in by for label in each.split(", ")}, "a legend without a label"


def test_prometheus_finds_the_nodes() -> None:
    found = yaml.safe_load((REPOSITORY / "deploy/prometheus/prometheus.yml").read_text())
    assert found["scrape_configs"][0]["file_sd_configs"] == [
        {"files": ["/tmp/ray/prom_metrics_service_discovery.json"]}
    ]
    monitor = yaml.safe_load((REPOSITORY / "deploy/prometheus/podmonitor.yaml").read_text())
    policy = yaml.safe_load((REPOSITORY / "deploy/kuberay/networkpolicy.yaml").read_text())
    assert monitor["spec"]["selector"] == policy["spec"]["podSelector"]
