"""The stand-in application as the tasks of a stack in an emulated account.

A process stands for all tasks of one deployment of a service, and another for each task that
`run-task` starts. Command, environment, secrets and log group are those of the task definition; its
stores are real, at the account's endpoints. Its output goes to CloudWatch Logs, its requests to
CloudWatch's metrics, and a process that dies stops its tasks.

Not modelled: the contents of snapshots and restored databases (one database stands for whichever
instance has the name), health checks of the load balancer, memory, and alarms, whose clock is the
account's.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import application_process
from arbor_names import naming
from certificate_authority import Authority, authority
from engine_stack import control
from postgres_server import as_superuser
from pulumi_moto import aws_shim, remote
from serve import edge as edges
from serve import process, switches
from serve.edge import Edge
from serve.found import Found, Key, Logins, Task, address, short
from serve.numbers import Numbers
from serve.process import Container, Process
from serve.stores import Stores, stores
from serve.switches import Switches

EVERY_SECONDS = 0.3
NUMBERS_EVERY_SECONDS = 2.0
RESTARTS_AFTER_SECONDS = 10.0
"""The shortest time until a process that died is started again, in seconds."""
PLANS, MONTHS = 25, 12
"""The rows of an empty database."""
MIGRATE: Final = ("alembic", "upgrade", "head")
SWITCHES: Final = "switches.json"
LINES_AT_ONCE = 1000
"""The most lines of one call."""
TESTS = Path(__file__).parents[1]
PLUGIN = """#!{python}
import sys
from pathlib import Path
sys.path[:0] = ["{tests}"]
from serve import session_manager_plugin
sys.exit(session_manager_plugin.main(Path("{place}"), sys.argv[1:]))
"""
SWITCH = """#!{python}
import sys
sys.path[:0] = ["{tests}"]
from serve import switches
switches.main()
"""


@dataclass(kw_only=True)
class Application:
    """Follows the account, in one check after the other."""

    found: Found
    place: Path
    authority: Authority
    edge: Edge
    migrates: bool
    """Migrate an empty database before the first start, as the README does."""
    say: Callable[[str], None]
    stores: Stores | None = None
    processes: dict[Key, Process] = field(default_factory=dict)
    customer: str = ""
    """The seed's customer; empty without one."""
    _kept: ExitStack = field(default_factory=ExitStack)
    _numbers: Numbers = field(init=False)
    _numbers_at: float = 0.0
    _leaving: list[Process] = field(default_factory=list)
    _drained: list[Process] = field(default_factory=list)
    _ending: list[Process] = field(default_factory=list)
    _died: dict[Key, float] = field(default_factory=dict)
    _started: int = 0

    def __post_init__(self) -> None:
        """Start healthy."""
        self._numbers = Numbers(client=self.found.client)
        Switches().write(self.switches_file)

    @property
    def switches_file(self) -> Path:
        """The file with its faults (tests/serve/switches.py)."""
        return self.place / SWITCHES

    def look(self) -> None:
        """Bring stores, processes, logs, routes and metrics in line with the account."""
        wanted, logins = switches.read(self.switches_file), self.found.logins()
        if self.stores is None and not (logins and self._open_stores(logins)):
            return
        assert self.stores is not None
        if logins is not None:
            self.stores.follow(logins)
        self.stores.cut_off(wanted.without)
        tasks = self.found.tasks()
        self._run(tasks)
        for one in self.processes.values():
            self._ship(one)
        answering = {key: one.port for key, one in self.processes.items() if one.answers()}
        ports = {address(task): answering.get(key) for key, many in tasks.items() for task in many}
        self.edge.set_routes(self.found.routes(ports))
        self._stop_those_that_left()
        if logins is not None:
            self._write_numbers()

    def end(self) -> None:
        """Stop every process as ECS does, then the stores."""
        every = [*self.processes.values(), *self._leaving, *self._drained, *self._ending]
        for one in every:
            one.stop()
        for one in every:
            one.end()
        self._kept.close()

    def _open_stores(self, logins: Logins) -> bool:
        """Whether the account has both stores."""
        settings = self.found.store_settings()
        if settings is None:
            return False
        self.stores = self._kept.enter_context(
            stores(authority=self.authority, place=self.place, settings=settings, logins=logins)
        )
        return True

    def _run(self, tasks: Mapping[Key, list[Task]]) -> None:
        """Start missing processes, stop unneeded ones, report those that ended."""
        for key in [key for key in self.processes if key not in tasks]:
            self._leaving.append(self.processes.pop(key))
        for key, many in tasks.items():
            running = self.processes.get(key)
            if running is None:
                if time.monotonic() - self._died.get(key, float("-inf")) > RESTARTS_AFTER_SECONDS:
                    self._start(key, many)
                continue
            process.describe(running, self.place, many)
            code = running.running.poll()
            if code is not None:
                self._ship(running)
                del self.processes[key]
                self._died[key] = time.monotonic()
                for task in many:
                    control(self.found.endpoint, "ended", task=task["taskArn"], code=code % 256)

    def _start(self, key: Key, many: list[Task]) -> None:
        container = self.found.container(many[0])
        backend = f"service:{naming.service(self.found.stack, 'backend')}"
        if self.migrates and many[0]["group"] == backend:
            self.migrates = False
            self._migrate(container)
        self.processes[key] = self._process(container, short(many[0]))
        process.describe(self.processes[key], self.place, many)

    def _process(self, container: Container, task: str) -> Process:
        assert self.stores is not None
        self._started += 1
        return process.start(
            container,
            self.place,
            log=self.place / f"{self._started}.log",
            task=task,
            ports=self.stores.ports,
            ca=self.authority.ca,
        )

    def _migrate(self, container: Container) -> None:
        """Migrate a database without tables; raises RuntimeError with alembic's output."""
        assert self.stores is not None
        with self.stores.database.connect() as session:
            if session.execute("SELECT to_regclass('suppliers')").fetchone() != (None,):
                return
        migration = self._process(replace(container, command=MIGRATE), "migration")
        if migration.end() != 0:
            raise RuntimeError(f"The migration failed: {migration.log.read_text()}")
        as_superuser(self.stores.database, "CREATE EXTENSION pg_stat_statements")
        self.customer = application_process.seed(self.stores.database, plans=PLANS, months=MONTHS)
        self.say(f"The database is migrated; customer {self.customer} has a year of usage.")

    def _stop_those_that_left(self) -> None:
        """One check after their last request was routed: on AWS a target drains before it stops."""
        for one in self._drained:
            one.stop()
        self._ending += self._drained
        self._drained, self._leaving = self._leaving, []
        for one in [one for one in self._ending if one.running.poll() is not None]:
            self._ship(one)
            self._ending.remove(one)

    def _ship(self, one: Process) -> None:
        """Write every new line to the log group, as the awslogs driver does.

        If the group is missing, because the stack was destroyed, the lines are lost.
        """
        lines = one.lines()
        if not lines:
            return
        logs, group = self.found.client("logs"), one.container.log_group
        try:
            logs.create_log_stream(logGroupName=group, logStreamName=one.stream)
        except logs.exceptions.ResourceAlreadyExistsException:
            pass
        except logs.exceptions.ResourceNotFoundException:
            return
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines]
        for first in range(0, len(events), LINES_AT_ONCE):
            logs.put_log_events(
                logGroupName=group,
                logStreamName=one.stream,
                logEvents=events[first : first + LINES_AT_ONCE],
            )

    def _write_numbers(self) -> None:
        now = time.monotonic()
        if now - self._numbers_at < NUMBERS_EVERY_SECONDS:
            return
        self._numbers_at = now
        assert self.stores is not None
        self._numbers.write(
            self.edge.routes.balancer,
            self.edge.taken(),
            self.stores,
            naming.database_instance(self.found.stack),
            self.found.primary(),
        )


@dataclass(frozen=True, kw_only=True)
class Attached:
    """An application that follows its account until the block ends."""

    application: Application
    environment: Mapping[str, str]
    """Variables of an operator beside the account's own: proxy, plugin and certificate authority.
    `PATH` is only the prefix of the caller's."""
    _failed: list[Exception] = field(default_factory=list)

    def wait(self, is_there: Callable[["Application"], bool], seconds: float = 120.0) -> None:
        """Wait until a check returns true; raises the error of a failed check, and TimeoutError."""
        ends = time.monotonic() + seconds
        while not is_there(self.application):
            if self._failed:
                raise self._failed[0]
            if time.monotonic() > ends:
                raise TimeoutError(f"not within {seconds:.0f} seconds")
            time.sleep(EVERY_SECONDS)

    def failed(self) -> Exception | None:
        """The error that ended the checks."""
        return self._failed[0] if self._failed else None


def serves(application: Application) -> bool:
    """Whether the live colours of backend and frontend lead to a process."""
    routes = application.edge.routes
    groups = [group for rule in routes.rules for group in rule.groups]
    return bool(groups) and all(routes.ports.get(group) for group in groups)


@contextmanager
def attached(
    account: Mapping[str, str],
    stack: str,
    place: Path,
    *,
    migrates: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Attached]:
    """Attach the application to a running account, whatever it contains.

    `account` is what `python -m tools.emulated serve` printed; `place` is an empty directory.
    """
    endpoint, region = account["AWS_ENDPOINT_URL"], account["AWS_REGION"]
    signs = authority(place)
    found = Found(stack=stack, endpoint=endpoint, client=remote.clients(endpoint, region))
    edge = Edge(signs)
    application = Application(
        found=found, place=place, authority=signs, edge=edge, migrates=migrates, say=say
    )
    is_over = threading.Event()
    failed: list[Exception] = []

    def follow() -> None:
        while not is_over.wait(EVERY_SECONDS):
            try:
                application.look()
            except Exception as error:  # noqa: BLE001 - `wait` raises it where it is seen
                if not is_over.is_set():
                    failed.append(error)
                return

    with edges.listening(edge) as port:
        control(endpoint, "machines", on=True)
        following = threading.Thread(target=follow, daemon=True)
        following.start()
        try:
            yield Attached(
                application=application,
                environment={
                    **account,
                    **_way(place, port, signs.ca, endpoint),
                    switches.VARIABLE: str(application.switches_file),
                },
                _failed=failed,
            )
        finally:
            is_over.set()
            following.join()
            application.end()


def _way(place: Path, port: int, ca: Path, endpoint: str) -> dict[str, str]:
    """Settings with which an operator's command reaches domain, stores and account."""
    programs = place / "bin"
    programs.mkdir()
    for name, text in (
        ("session-manager-plugin", PLUGIN.format(python=sys.executable, tests=TESTS, place=place)),
        ("stand-in", SWITCH.format(python=sys.executable, tests=TESTS)),
    ):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    aws_shim.install(programs, endpoint)
    proxy = f"http://127.0.0.1:{port}"
    return {
        "PATH": os.pathsep.join([str(programs), str(Path(sys.executable).parent)]),
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "SSL_CERT_FILE": str(ca),
        "CURL_CA_BUNDLE": str(ca),  # if a machine sets it, curl reads only this
        "PGSSLROOTCERT": str(ca),
    }
