"""Run folders: the configuration, the origin and the metrics of what a command did; locks, seeds, devices and progress."""
