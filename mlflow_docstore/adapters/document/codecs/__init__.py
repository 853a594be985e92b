"""Entities to documents and back. Codecs know documents, not databases."""
