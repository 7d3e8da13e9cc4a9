"""Small pictures that tell the truth about a large raw: averaged, undistorted, with crops at full resolution."""
