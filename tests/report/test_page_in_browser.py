"""The report in a browser: what a model wrote is shown as text, nothing of it runs, and the page works by keyboard."""

import html
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from sdg_ray.config import runtime
from sdg_ray.engines import Answer, Answers, Sampling
from sdg_ray.record import Chat
from sdg_ray.report.page import write_report
from sdg_ray.stages.respond import Respond
from tests.report.test_figures import REWARD, TRUTH, known
from tests.scripted import Scripted
from tests.small import run_here, small_recipe

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((found for name in NAMES if (found := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(NAMES)} is on the PATH to open the page")

HOSTILE = (
    "<script>document.title = 'ran'</script>",
    "</script><script>document.title = 'ran'</script>",
    "<img src=x onerror=\"document.title='ran'\">",
    "</textarea></style></title></noscript><svg onload=\"document.title='ran'\">",
    "<!-- <script> ]]> --!>",
    "<a href=\"javascript:document.title='ran'\">click</a> javascript:document.title='ran'",
    "<iframe srcdoc=\"<script>parent.document.title='ran'</script>\"></iframe>",
    "<link rel=stylesheet href=//example.invalid/x.css><style>*{display:none}</style>",
    "{{data}} {{script}} ${title} &lt;b&gt; &amp;amp;",
    "safe\u202etxt.exe\u202c \u2066hidden\u2069 zero\u200bwidth",
)
SPOIL = "document.title = 'ran'"


@dataclass(frozen=True, kw_only=True)
class Hostile(Scripted):
    """An engine that answers with everything that might get out of a page."""

    answers: tuple[str, ...] = runtime(HOSTILE)

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
        """All of it, whatever is asked."""
        made = [Answer(text=text, finish="stop", tokens=9) for text in self.answers]
        return Answers(candidates=made, prompt_tokens=3)


def opened(page: Path, folder: Path, *flags: str) -> str:
    """The document as the browser has it once the page's script has run."""
    common = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", "--virtual-time-budget=3000"]
    command = [str(BROWSER), *common, *flags, "--dump-dom", page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=True).stdout


def hostile_report(root: Path) -> Path:
    engine = Hostile()
    made = small_recipe(shards=1, rows=1, threshold=-9, engine=engine, responses=Respond(engine=engine, n=len(HOSTILE)))
    store, failed = run_here(made, root)
    assert not failed
    return Path(write_report(store))


def test_hostile_answers_are_shown_as_text_and_nothing_runs(tmp_path: Path) -> None:
    page = hostile_report(tmp_path)
    seen = opened(page, tmp_path / "profile")
    assert "<title>first</title>" in seen, "the title is what the page gave it"
    body = seen.split("<script")[0]
    read = html.unescape(re.sub(r"<[^>]*>", "", body))
    for text in HOSTILE[:-1]:
        assert text in read, text
    assert not re.search(r"<(?:img|iframe|svg onload|link rel=stylesheet|a href=\"javascript)", body)
    assert "U+202E" in read and "U+200B" in read and "\u202e" not in read
    assert len(re.findall(r"<article class=\"candidate\"", body)) == len(HOSTILE)
    assert 'class="sides"' in body and "<mark" in body, "the pair stands side by side with its differences"


def test_sentence_about_scores_holds_for_those_that_are_one_or_zero_and_for_equal_ones(tmp_path: Path) -> None:
    nothing: list[list[float | None]] = [[None] * 4] * 3
    for name, reward, sentence in (
        ("truth", nothing, "64% of the answers have a score by world of 1, and the others of 0."),
        ("both", REWARD, "Half of the answers have a reward of at least 2.00, and one in ten of at most 1.00."),
    ):
        page = Path(write_report(known(tmp_path / name, TRUTH, reward)))
        assert sentence in opened(page, tmp_path / "profile")


def test_policy_stops_a_script_that_was_put_into_the_file(tmp_path: Path) -> None:
    page = hostile_report(tmp_path)
    text = page.read_text()
    spoilt = text.replace("</body>", f'<script>{SPOIL}</script><img src=x onerror="{SPOIL}"></body>')
    page.write_text(spoilt)
    assert "<title>first</title>" in opened(page, tmp_path / "profile")

    page.write_text(re.sub(r"<meta http-equiv[^>]*>", "", spoilt))
    assert "<title>ran</title>" in opened(page, tmp_path / "profile"), "it is the policy that stops it"


KEYS = """
const event = (key) => new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
const press = (key, target) => (target || document.body).dispatchEvent(event(key));
const at = () => document.querySelector("[role=option][aria-selected=true]").id;
const seen = [at()];
press("j"); press("j"); press("k"); seen.push(at());
press("End", document.querySelector("[role=listbox]")); seen.push(at());
press("/"); seen.push(document.activeElement.type);
document.activeElement.value = "no text has this"; document.activeElement.dispatchEvent(new Event("input"));
seen.push(document.querySelector("[role=status]").textContent);
document.activeElement.value = "YES"; document.activeElement.dispatchEvent(new Event("input"));
seen.push(document.querySelector("[role=status]").textContent);
const wide = document.documentElement.scrollWidth;
seen.push(wide <= innerWidth ? "fits" : "too wide: " + wide);
document.title = seen.join("; ");
"""


def test_records_are_read_by_keyboard_and_searched(tmp_path: Path) -> None:
    store, _ = run_here(small_recipe(shards=2, rows=5), tmp_path)
    page = Path(write_report(store))
    with_keys = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text()).replace(
        "</body>", f"<script>{KEYS}</script></body>"
    )
    page.write_text(with_keys)
    seen = opened(page, tmp_path / "profile", "--window-size=500,900")
    title = re.search(r"<title>(.*?)</title>", seen)
    assert title
    first, second, last, focused, none, some, width = title.group(1).split("; ")
    assert (first, second, last, focused) == ("record-0", "record-1", "record-9", "search")
    assert none == "0 of 10 records" and re.fullmatch(r"[1-9]0? of 10 records", some)
    assert width == "fits"
