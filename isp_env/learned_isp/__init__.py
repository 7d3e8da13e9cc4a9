"""A learned copy of another program's ISP: a small network trained on its pictures, fast and differentiable, with its error stated."""
