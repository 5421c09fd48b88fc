"""The only file that sees everything: builds the object tree, and opens and closes it in one stack.

Opened in this order, closed in the reverse: the pools of PostgreSQL, the driver of Neo4j, the loops of the workers.
PostgreSQL must be there when it opens; from then on, what needs a database that is away answers `unavailable`.
"""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from engine.actions import REGISTRY, ActionsMissing, import_actions
from engine.almanac import Almanac
from engine.commit import Commits
from engine.core.calendars import Calendar
from engine.core.levels import Configuration
from engine.journeys import Journeys, kept_calendar, kept_configuration
from engine.loading import Roster
from engine.organisation import CurrentStaff
from engine.outgoing import telling, webhook_service
from engine.ports import CalendarRecord, Clock, ConfigurationRecord, WorkQueue
from engine.services.absences import Absences
from engine.services.actions import ActionService
from engine.services.breaches import BreachService
from engine.services.calendars import CalendarService
from engine.services.callers import Callers
from engine.services.candidates import Candidates
from engine.services.compliance import ComplianceService
from engine.services.configurations import ConfigurationService
from engine.services.documents import DocumentService
from engine.services.drafts import DraftService
from engine.services.entering import PeopleFiles
from engine.services.explaining import Explaining
from engine.services.figures import TaskFigures
from engine.services.groups import Groups
from engine.services.handing import Handing
from engine.services.inbox import InboxService
from engine.services.incidents import Incidents
from engine.services.journeys import JourneyService
from engine.services.messages import MessageService
from engine.services.monitoring import Monitoring
from engine.services.moving import Moving
from engine.services.notifications import NotificationService
from engine.services.processes import Processes
from engine.services.publishing import Publisher
from engine.services.questions import Questions
from engine.services.receivers import Receivers
from engine.services.remembered import Memory
from engine.services.rerouting import Rerouting
from engine.services.sandbox import Sandbox
from engine.services.sharing import Sharing
from engine.services.task_calls import TaskCalls
from engine.services.tasks import Tasks
from engine.services.users import Tables, Users
from engine.services.webhooks import WebhookService
from engine.services.work import OutsideWork
from engine.services.workers import Workers
from engine.settings import Settings, SettingsError
from engine.statements import questions
from engine.store import Postgres
from engine.store import migrate as migrate_postgres
from engine.workers.actions import ActionsWorker
from engine.workers.assigner import Assigner
from engine.workers.clocks import ClocksWorker
from engine.workers.commands import CommandsWorker
from engine.workers.pausing import PauseWatch
from engine.workers.people import PeopleProjector
from engine.workers.projector import Progress, Projector
from engine.workers.pruner import Pruner
from engine.workers.rescuer import Rescuer
from engine.workers.routes import RoutesKeeper
from engine.workers.schedule import Beat, Drum, drumming
from engine.workers.timers import TimersWorker
from graph import Neo4j


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything the doors call. `drum` and `actions_worker` are None where no workers run in this process."""

    settings: Settings
    journeys: JourneyService
    processes: Processes
    explaining: Explaining
    candidates: Candidates
    tasks: Tasks
    inbox: InboxService
    figures: TaskFigures
    sharing: Sharing
    moving: Moving
    drafts: DraftService
    documents: DocumentService
    work: OutsideWork
    actions: ActionService
    calendars: CalendarService
    configurations: ConfigurationService
    workers: Workers
    messages: MessageService
    incidents: Incidents
    callers: Callers
    users: Users
    groups: Groups
    absences: Absences
    people_files: PeopleFiles
    notifications: NotificationService
    webhooks: WebhookService
    sandbox: Sandbox
    breaches: BreachService
    compliance: ComplianceService
    monitoring: Monitoring
    questions: Questions
    projector: Projector
    drum: Drum | None
    actions_worker: ActionsWorker | None

    async def leave(self, seconds: float) -> None:
        """Begins no new work of its own, finishes what is under way within `seconds`, gives back what is left.

        Whoever waits at the door for work is told that there is none; leases of outside workers stay theirs.
        """
        self.work.leaving = True
        parts = (part for part in (self.drum, self.actions_worker) if part)
        await asyncio.gather(*(part.leave(seconds) for part in parts))


@asynccontextmanager
async def open_engine(settings: Settings, *, workers: bool) -> AsyncGenerator[Engine]:
    """The engine on the databases that `settings` name; with `workers`, its loops run beside it.

    Raises:
        SettingsError: when a database or a module with actions is not named or not there.
    """
    async with AsyncExitStack() as stack:
        postgres, neo4j = await _adapters(stack, settings)
        almanacs = _Almanacs(
            Almanac(postgres.calendars, kept_calendar, settings.calendars_age),
            Almanac(postgres.configurations, kept_configuration, settings.calendars_age),
        )
        journeys = Journeys(postgres.versions, almanacs.calendars, almanacs.configurations)
        commits = Commits(postgres.store, journeys, settings.commit_batch, settings.commit_queue, settings.commit_wait)
        publisher = Publisher(postgres.versions, neo4j.graph, sealing=bool(settings.read_sensitive_keys()))
        projector = Projector(postgres.outbox, neo4j.projection, settings.projector_batch)
        staff = CurrentStaff(postgres.organisation)
        await staff.current()
        drum, actions = None, None
        if workers:
            actions = _actions(settings, postgres.queue, commits)
            stack.push_async_callback(actions.leave, settings.stop_grace)
            watch = PauseWatch(postgres.pauses)
            await watch.run_once()
            beats = (
                Beat("pauses", watch, settings.pauses_interval),
                *_beats(settings, postgres, commits, staff),
                Beat(
                    "assigner",
                    _assigner(settings, postgres, journeys, commits, staff),
                    settings.assigner_interval,
                    commits.sought,
                    rests=True,
                ),
                Beat("actions", actions, settings.actions_interval, rests=True),
                Beat("projector", projector, settings.projector_interval),
                *await stack.enter_async_context(telling(settings, postgres, journeys, staff)),
                Beat("people", PeopleProjector(staff, neo4j.organisation), settings.people_interval),
                Beat("routes", RoutesKeeper(publisher), settings.routes_interval),
                Beat("pruner", _pruner(settings, postgres, neo4j), settings.pruner_interval, rests=True),
            )
            drum = await stack.enter_async_context(drumming(beats, watch.paused))
        yield _engine(
            settings, postgres, neo4j, (commits, journeys, publisher, projector, actions, drum), staff, almanacs
        )


async def migrate(settings: Settings) -> tuple[int, int]:
    """Brings both databases to this version of the engine; gives how many migrations PostgreSQL and Neo4j took.

    Raises:
        Unavailable: when one of them is away.
        MigrationError: when PostgreSQL was migrated by another version of the engine.
    """
    url, opening = _addresses(settings)
    async with opening as neo4j:
        applied = await migrate_postgres(url, settings)
        return len(applied), await neo4j.migrate()


async def rebuild_graph(
    settings: Settings, report: Callable[[Progress], None] = lambda _: None, *, resume: bool = False
) -> str:
    """Removes the live execution from Neo4j, applies every event again, and gives the digest of what came out.

    With `resume` nothing is removed: it goes on where one that was cut off had come.
    """
    async with AsyncExitStack() as stack:
        postgres, neo4j = await _adapters(stack, settings)
        await Publisher(postgres.versions, neo4j.graph).recover()
        projector = Projector(postgres.outbox, neo4j.projection, settings.projector_batch)
        await projector.rebuild(report, resume=resume)
        await PeopleProjector(CurrentStaff(postgres.organisation), neo4j.organisation).rebuild()
        return await neo4j.projection.digest()


async def _adapters(stack: AsyncExitStack, settings: Settings) -> tuple[Postgres, Neo4j]:
    url, neo4j = _addresses(settings)
    return await stack.enter_async_context(Postgres.open(url, settings)), await stack.enter_async_context(neo4j)


def _addresses(settings: Settings) -> tuple[str, AbstractAsyncContextManager[Neo4j]]:
    """Where PostgreSQL is, and Neo4j, to be opened."""
    if settings.postgres_url is None or settings.neo4j_uri is None:
        raise SettingsError("WAYLINE_POSTGRES_URL and WAYLINE_NEO4J_URI must be set: the engine needs both databases")
    password = settings.read_neo4j_password()
    opened = Neo4j.open(
        settings.neo4j_uri,
        (settings.neo4j_user, password) if password else None,
        database=settings.neo4j_database,
        pool_max=settings.neo4j_pool_max,
        connect_timeout=settings.neo4j_connect_timeout,
        query_timeout=settings.neo4j_query_timeout,
    )
    return settings.postgres_url.get_secret_value(), opened


def _engine(
    settings: Settings,
    postgres: Postgres,
    neo4j: Neo4j,
    shared: tuple[Commits, Journeys, Publisher, Projector, ActionsWorker | None, Drum | None],
    staff: CurrentStaff,
    almanacs: "_Almanacs",
) -> Engine:
    commits, journeys, publisher, projector, actions, drum = shared
    memory = Memory(postgres.store)
    receivers = Receivers(staff, postgres.clock)
    task_calls = TaskCalls(commits, postgres.reads, staff)
    drafts = DraftService(postgres.drafts, task_calls, memory)
    candidates = Candidates(task_calls, journeys, postgres.reads, staff, postgres.burdens, postgres.clock)
    handing = Handing(commits, receivers)
    rerouting = Rerouting(postgres.organisation, staff, handing, settings.commit_batch)
    people = Tables(postgres.organisation, staff, rerouting, memory)
    library = questions()
    asked = Questions(neo4j.graph, library)
    return Engine(
        settings=settings,
        journeys=_journey_service(postgres, publisher, memory, staff, almanacs),
        processes=Processes(commits, journeys, postgres.versions, postgres.reads, memory),
        explaining=Explaining(journeys, postgres.reads, postgres.pauses, candidates),
        candidates=candidates,
        inbox=InboxService(postgres.inbox, journeys, staff),
        figures=TaskFigures(postgres.reads, postgres.figures, staff, postgres.clock),
        tasks=Tasks(commits, journeys, postgres.reads, task_calls, drafts),
        sharing=Sharing(task_calls, journeys, postgres.reads, postgres.task_lists, receivers),
        moving=Moving(handing, journeys, postgres.reads, postgres.task_lists, memory, settings.commit_batch),
        drafts=drafts,
        documents=DocumentService(commits, journeys, postgres.reads, postgres.documents),
        work=OutsideWork(commits, postgres.queue, postgres.actions, postgres.reads, memory),
        actions=ActionService(postgres.actions, memory),
        calendars=CalendarService(postgres.calendars, almanacs.calendars, memory),
        configurations=ConfigurationService(
            postgres.configurations, almanacs.configurations, postgres.calendars, memory
        ),
        workers=Workers(postgres.pauses, memory),
        messages=MessageService(commits, postgres.store),
        incidents=Incidents(commits, postgres.reads, memory, settings.commit_batch),
        callers=Callers(postgres.organisation, staff, settings.roles_from, settings.people_from_tokens),
        users=Users(people),
        groups=Groups(people),
        absences=Absences(people),
        people_files=PeopleFiles(people),
        notifications=NotificationService(postgres.notifications, staff, postgres.clock, memory),
        webhooks=webhook_service(settings, postgres, memory),
        sandbox=Sandbox(postgres.clock, memory, actions.idle if actions else _nothing, allowed=settings.sandbox),
        breaches=BreachService(postgres.breaches, memory, postgres.store, journeys),
        compliance=ComplianceService(postgres.compliance, postgres.configurations, postgres.clock),
        monitoring=Monitoring(postgres.reads, postgres.pauses, neo4j.graph, postgres.outbox, neo4j.projection, asked),
        questions=asked,
        projector=projector,
        drum=drum,
        actions_worker=actions,
    )


@dataclass(frozen=True, slots=True)
class _Almanacs:
    """What holds for all journeys and changes while they run."""

    calendars: Almanac[CalendarRecord, Calendar]
    configurations: Almanac[ConfigurationRecord, Configuration]


def _journey_service(
    postgres: Postgres, publisher: Publisher, memory: Memory, staff: CurrentStaff, almanacs: _Almanacs
) -> JourneyService:
    return JourneyService(
        postgres.versions,
        publisher,
        memory,
        _roster(staff, postgres.clock),
        calendars=postgres.calendars,
        configurations=almanacs.configurations,
    )


def _roster(staff: CurrentStaff, clock: Clock) -> Callable[[], Awaitable[Roster]]:
    """Who there is now, for whoever loads a journey."""

    async def roster() -> Roster:
        return Roster(await staff.current(), await clock.now())

    return roster


async def _nothing() -> bool:
    """Whether the actions of this process have done what was due: it has none."""
    return True


def _actions(settings: Settings, queue: WorkQueue, commits: Commits) -> ActionsWorker:
    try:
        import_actions(settings.actions)
    except ActionsMissing as missing:
        raise SettingsError(f"WAYLINE_ACTIONS: {missing}. {missing.fix}") from missing
    name = f"{socket.gethostname()}:{os.getpid()}"
    return ActionsWorker(queue, commits, REGISTRY, name, settings.action_concurrency, settings.action_share)


def _beats(settings: Settings, postgres: Postgres, commits: Commits, staff: CurrentStaff) -> tuple[Beat, ...]:
    """What moves processes by itself: what they post each other, timers, leases that run out."""
    commands = CommandsWorker(postgres.commands, commits, settings.commit_batch)
    timers = TimersWorker(postgres.timers, commits, settings.timers_batch)
    clocks = ClocksWorker(postgres.clocks, staff, commits, settings.clocks_batch, settings.clocks_breath)
    rescuer = Rescuer(postgres.queue, commits, settings.commit_batch)
    return (
        Beat("commands", commands, settings.commands_interval, commits.posted, rests=True),
        Beat("timers", timers, settings.timers_interval, rests=True),
        Beat("clocks", clocks, settings.clocks_interval, rests=True),
        Beat("rescuer", rescuer, settings.rescuer_interval, rests=True),
    )


def _assigner(
    settings: Settings, postgres: Postgres, journeys: Journeys, commits: Commits, staff: CurrentStaff
) -> Assigner:
    """Its rounds end well before PostgreSQL would end the transaction that holds the role's lock."""
    longest = settings.postgres_idle_timeout / 2
    batches = (settings.assigner_batch, settings.commit_batch)
    return Assigner(postgres.assignment_queue, staff, journeys, commits, *batches, longest)


def _pruner(settings: Settings, postgres: Postgres, neo4j: Neo4j) -> Pruner:
    retention = timedelta(days=settings.retention_days)
    kept = (postgres.messages, postgres.drafts, postgres.notifications)
    return Pruner(postgres.outbox, kept, neo4j.projection, postgres.clock, retention)
