"""The stages: few, and closed. What changes from recipe to recipe plugs into them."""
