"""Tools one after another, and a stop: the task of picking what a finished picture needs, after DRL-ISP."""
