"""Deliberately broken databases and stores, one fault each: the proof that the check can see."""
