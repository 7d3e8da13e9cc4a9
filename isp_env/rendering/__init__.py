"""Pictures of many raws under parameters, as batches, and how judge and agent see them."""
