"""What a run looks like, read from its files alone: how far it is, what came of it, and what its records say."""
