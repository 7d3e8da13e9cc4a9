"""The paper's tables (ATTIQA, arXiv 2406.01020v2) beside ours: one module per table, one function of stored results each."""
