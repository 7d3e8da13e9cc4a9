"""Parameters of the ISP that reproduce given pictures of the same raws, found by gradient; what is left over; and their files."""
