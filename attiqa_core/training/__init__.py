"""Training: the loop that resumes exactly, pretraining and fine-tuning."""
