"""Registered models and their versions: who decides, what follows, and what was left half-way."""
