"""Scorers and policies on their way to others: folders, the hub, parts of a card, ONNX files."""
