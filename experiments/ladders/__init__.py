"""Ladders of worse and worse pictures for fine-tuning: made of photos, and rendered by our own ISP."""
