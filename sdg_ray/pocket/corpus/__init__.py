"""Training text written from the world: pages for Base, talks for Instruct, graded answers for Reward.

Nothing here is set aside for measuring: every item is drawn with `held_out=False`, unless a measurement asks for the
others, and all chance comes from the caller.

    pages.page(rng)      "Mira Fenn lives in Tolland. She works as a sailor. She plays the fiskel."
    talks.talk(rng)      Talk(kind="fact", turns=(("user", "Where does Mira Fenn live?"), ("assistant", "...")), ...)
    grades.graded(rng)   Graded(kind="fact", how="wrong", turns=..., labels=(1, 0, 4, 1, 2))
"""
