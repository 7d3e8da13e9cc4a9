"""The paper's tables (ATTIQA, arXiv 2406.01020v2) beside ours: one row of `tables.TABLES` each."""
