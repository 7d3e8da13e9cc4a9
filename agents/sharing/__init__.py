"""A policy on its way to others: its own files alone with a card, or one ONNX file."""
