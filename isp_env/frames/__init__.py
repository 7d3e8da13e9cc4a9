"""What the ISP takes: samples with their meaning, in batches; what a camera would make of them; what parameters come to for each."""
