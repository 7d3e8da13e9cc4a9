"""Commands shared out as users do it, with a worker killed in the middle: whether the same bytes come out, and how fast."""
