"""An assistant for one topic, and a turn that leads away from it."""

from sdg_ray.prompts.family import Topic
from sdg_ray.prompts.topic_following import TopicFollowing
from tests.scripted_writer import TOPICS, ListWriter, drafts, origin_of


def test_conversation_is_on_the_topic_and_then_led_away_to_another() -> None:
    writer = ListWriter()
    (draft,) = drafts(TopicFollowing(), 0, writer)
    assert [message["role"] for message in draft.prompt] == ["system", "user", "assistant", "user"]
    assert "one topic: Tides." in draft.prompt[0]["content"]
    assert origin_of(draft)["path"] == ["Science", "Tides"]
    assert origin_of(draft)["parents"] == [draft.prompt[1]["content"]]
    other = origin_of(draft)["item"].removeprefix("away to ")
    assert other in {topic.name for topic in TOPICS} - {"Tides"}
    assert f"to the topic: {other}." in writer.asks[-1]


def test_every_topic_has_its_turn_and_one_of_another_field_leads_away() -> None:
    topics = [Topic(path=("Science", "Tides")), Topic(path=("Science", "Moons")), Topic(path=("Cooking",))]
    made = [drafts(TopicFollowing(), number, topics=topics)[0] for number in range(6)]
    assert [origin_of(draft)["path"][-1] for draft in made] == ["Tides", "Moons", "Cooking"] * 2
    assert {origin_of(draft)["item"] for draft in made if origin_of(draft)["path"][0] == "Science"} == {
        "away to Cooking"
    }


def test_a_single_topic_is_led_away_to_itself_rather_than_not_at_all() -> None:
    (draft,) = drafts(TopicFollowing(), 0, topics=[Topic(path=("Tides",))])
    assert origin_of(draft)["item"] == "away to Tides"


def test_each_part_that_was_not_made_is_an_error_of_the_slot() -> None:
    for where in ("Write 1 questions", "lead it away"):
        (draft,) = drafts(TopicFollowing(), 0, ListWriter(fails="prose", where=where))
        assert draft.error and draft.error.startswith("short list: 0 of 1") and not draft.prompt
    (draft,) = drafts(TopicFollowing(), 0, ListWriter(fails="empty"))
    assert draft.error and not draft.prompt
