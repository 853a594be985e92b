"""Why rows miss their marks, as found by profiling: one line each, by the row's name."""

from collections.abc import Mapping

REASONS: Mapping[str, str] = {}
