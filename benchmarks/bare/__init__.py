"""The bare drivers: the least that could do each call, on documents equal to ours.

Nothing is validated and no entity is built: reads end with the documents. It is what the database
itself costs.
"""
