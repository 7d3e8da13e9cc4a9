"""Learned tools: small networks, each trained against one planted defect by `attiqa tools networks`."""
