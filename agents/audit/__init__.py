"""The audit of a policy: does its gain survive held-out scenes and judges, its own constant, its pictures, and an attack?"""
