"""The fused CPU kernel: `isp.cpp` for full-size pictures, `gradients.cpp` for proxies, how it is built, what it is told, and how it is called."""
