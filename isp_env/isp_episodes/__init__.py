"""Episodes of tuning the ISP: what an action is, and a core from paths, names and numbers."""
