"""Finished pictures as files: sizes, colour spaces, formats, EXIF; and files as pictures."""
