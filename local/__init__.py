"""A private PostgreSQL and a private Neo4j for one machine, without Docker: `local.servers` starts and stops them.

Nothing but `cli` and the tests imports this package; the engine only ever sees the addresses that come out of it.
"""
