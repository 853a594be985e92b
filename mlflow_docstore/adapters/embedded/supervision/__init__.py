"""What runs beside the users' processes: the standard library alone, so that it starts at once.

A launcher imports this package by itself, without the ones around it.
"""
