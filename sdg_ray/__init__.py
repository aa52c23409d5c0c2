"""Synthetic preference data on Ray.

One row is one prompt, with everything that happens to it in columns. A stage is a pure function from some columns of a
shard to new ones. A recipe is prompts and stages. A run is a grid of Parquet files, one for each step and shard, and a
file that exists is done. Ray decides where.

Start reading at `record.py` (the columns), then `recipe.py` (what is made), `store.py` (how it is kept) and
`runner/__init__.py` (what happens to one shard). Ray Data itself lives only in `runner/ray.py`.
"""
