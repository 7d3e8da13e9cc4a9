"""The stages of the ISP, pure functions, one file each."""
