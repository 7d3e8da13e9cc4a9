"""Which parameters there are, and which of them an action sets: the table, profiles, Adobe's sliders beside ours."""
