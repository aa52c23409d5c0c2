"""Training text written from the world: pages for Base, talks for Instruct, graded answers for Reward.

Nothing here is set aside for measuring: every item is drawn with `held_out=False`, and all chance comes from the
caller.

    pages.page(rng)    "Mira Fenn lives in Kirrin. She works as a potter. She plays the orrel."
    talks.talk(rng)    Talk(kind="fact", turns=(("user", "Where does Mira Fenn live?"), ("assistant", "...")), ...)
    grades.graded(rng) Graded(turns=..., labels=(1, 0, 4, 1, 2))
"""
