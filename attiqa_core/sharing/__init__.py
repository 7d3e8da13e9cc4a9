"""A scorer on its way to others: its stored folder, the hub, its model card, and ONNX."""
