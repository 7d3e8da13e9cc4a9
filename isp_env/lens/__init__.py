"""What a lens does to a picture, and its undoing: geometry, shading, values between pixels."""
