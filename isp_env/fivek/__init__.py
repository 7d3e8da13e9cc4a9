"""MIT-Adobe FiveK as files on a disk: names, folders, splits, addresses, and what is missing or doubtful. Nothing here opens a network."""
