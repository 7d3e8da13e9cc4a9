"""A ColorChecker in a raw: where it is, how wrong its colours are, its noise, the sharpness of an edge, and the page about them."""
