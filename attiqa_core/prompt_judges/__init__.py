"""What CLIP-IQA, CLIP-IQA+ and QualiCLIP are made of: scoring by likeness to antonym prompts, and learning to."""
