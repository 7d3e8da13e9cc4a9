"""What the ISP takes: samples with their meaning, in batches, and what a camera would make of them."""
