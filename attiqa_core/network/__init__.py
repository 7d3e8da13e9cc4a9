"""The network: encoder, attribute heads and regressor, and what makes it fast."""
