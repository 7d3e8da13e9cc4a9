"""Files that lie elsewhere: addresses such as s3://bucket/photos, listed and read through fsspec, and folders brought there."""
