"""The fused CPU kernel for full-size pictures: `isp.cpp`, how it is built, what it is told, and how it is called."""
