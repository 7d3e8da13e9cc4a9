"""How good the ISP's pictures are, measured beside other programs' on pictures whose right answer is known."""
