"""One command's work on many processes or machines: plain ones by --shard i/n, or actors of Ray; the result is the same."""
