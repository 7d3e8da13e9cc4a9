"""When the machine is out of something: what an error means, and less at a time. Nothing here needs torch."""
