"""What documents may hold, what patches make of them and what filters ask of them, in Python.

For databases that cannot do it themselves, and for memory, which is the executable specification.
"""
