"""Histories of points: in chunks, that are appended and merged."""
