"""Pictures of many raws under parameters, as batches; how judge and agent see them, and what is said of them."""
