"""Queries on entities, turned into queries on stored documents."""
