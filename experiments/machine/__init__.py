"""What this machine can do, for `attiqa doctor`: one file for each part of it, in the order of `survey.PARTS`."""
