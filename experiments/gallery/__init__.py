"""Pages on which rendered pictures are looked at: before and after, one to one, with parameters and histograms."""
