"""The ports, over driver, codecs and core rules."""
