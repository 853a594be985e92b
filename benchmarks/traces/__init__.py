"""Traces, spans, assessments and charts of them."""
