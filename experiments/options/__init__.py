"""What commands share: groups of options, resuming, outcomes."""
