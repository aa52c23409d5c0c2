"""What a run will take: requests, tokens, seconds, GPU-hours and money, before it starts.

    figures.py   how fast a model is and how much it says: a table in conf/throughput.yaml
    writing.py   what the families and the lists of topics ask a model for
    work.py      the requests and tokens of each step, from the recipe and these figures
    probe.py     the same from a finished run: by how much the figures were off, step by step
    places.py    the replicas and GPUs that a cluster gives each step
    clock.py     the seconds of each step and each phase, and what they cost
    saying.py    the table, and all that was assumed, in sentences

Nothing is loaded and nothing is asked for over the network, but a source of the hub whose length is not known.
"""
