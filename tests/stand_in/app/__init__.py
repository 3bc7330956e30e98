"""A stand-in for the application: small, with the real one's behaviour.

It has the real one's module paths, so a task's command can import its modules. It runs with the
Dockerfile's command and the backend task's environment, both from `application_process.started`.
Gunicorn and its uvicorn workers, SQLAlchemy with asyncpg, redis-py and alembic are real: pools,
keep-alive, shutdown, access lines and the race of `create_all` are theirs. Its plans and their
ranking are invented.

`STAND_IN_SWITCHES` names a JSON file that each request reads: `{"slow": 1.2}` waits so many seconds
and `{"failing": true}` raises, in every path except health. It is degraded while a store is
stopped.
"""
