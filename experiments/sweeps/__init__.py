"""Sweeps: one training command over many settings, each a run folder of its own.

OUT/sweep.json                 what was asked for; a sweep that goes on has to be the same
OUT/trials/NAME/               the run folder of a trial, as the command alone would write it
OUT/trials/NAME.json           the ledger: its options, how often it was started, how it ended, the number it is judged by
OUT/trials/NAME.log            what the command said
OUT/trials.csv, summary.json   all trials, and the best

The ledger is the truth; it is written by the process that does the work, whole or not at all. Ray Tune says which trial comes
next, in a driver that lives; its own state on disk is pickled, lies in a temporary folder, and is never read again.
"""
