"""A DNG's opcodes: what they ask, and what becomes of it."""
