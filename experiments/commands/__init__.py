"""One module for each command of `attiqa`."""
