"""Other programs as the ISP: described in a TOML file, run in parallel, their pictures kept by content."""
