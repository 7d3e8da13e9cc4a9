"""What belongs to a sensor: its pattern, its levels and gains by colour, its noise."""
