"""From a raw's samples to white-balanced camera RGB: defects, highlights and shading; noise; the lens's colours and the mosaic."""
