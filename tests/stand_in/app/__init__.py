"""A stand-in for the application: it behaves as the real one does, and is small.

It has the real one's module paths, so a command that imports in a task imports here. It runs with
the Dockerfile's command and the backend task's environment; `application_process.started` gives it
both. Gunicorn and its uvicorn workers, SQLAlchemy with asyncpg, redis-py and alembic are real:
pools, keep-alive, the stop, access lines and the race of `create_all` are theirs. Its plans, and
how they are chosen, are made up.

`STAND_IN_SWITCHES` names a JSON file that each request reads: `{"slow": 1.2}` waits so many seconds
and `{"failing": true}` raises, in every path but health. It is degraded while a store is stopped.
"""
