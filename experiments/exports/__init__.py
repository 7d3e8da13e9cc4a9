"""What an agent chose, for other programs: XMP for Camera Raw, pp3 for RawTherapee, a LUT of the colour."""
