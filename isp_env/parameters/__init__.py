"""Which parameters there are, and which of them an action sets: the table, profiles and their files, Adobe's sliders beside ours."""
