"""Lightroom's catalogue of FiveK, `fivek.lrcat`: read without writing anything, its settings parsed, its sliders put into our parameters."""
