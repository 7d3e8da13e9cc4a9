"""Many episodes as one batch, whatever is done in them: where they stand, goals, what a reset may say, what they tell."""
