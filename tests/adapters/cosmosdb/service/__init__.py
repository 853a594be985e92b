"""A stand-in for Azure Cosmos DB for NoSQL: its REST protocol, its SQL and its refusals, in memory.

It is a process of its own (``python -m tests.adapters.cosmosdb.service``). A container has two
physical partitions, so that the SDK asks for query plans and merges as it does against Azure. Where
Microsoft's pages are silent, it does what is harder for a client.
"""
