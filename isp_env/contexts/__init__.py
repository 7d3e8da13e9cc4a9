"""What an agent meets: one raw in many variations, and scenes that no two sides of a split share."""
