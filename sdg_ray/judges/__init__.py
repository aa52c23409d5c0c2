"""How good the judges are: against truth on a finished run, and on benchmarks that people agree on.

    agreement      whom a reward model and a judge prefer on the candidates of a run, where truth tells them apart
    consistency    how often a judge says the same in both orders
    reward_bench   pairs of answers in RewardBench's format, by section
    help_steer     answers with the five attributes of HelpSteer2, as people gave them

All of it is plain counting; `jobs/judges.py` prints it.
"""
