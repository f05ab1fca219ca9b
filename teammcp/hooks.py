"""Every hook of TeamMCP, with its contract.

Implement a hook by defining a function of its name, decorated with ``teammcp.hookimpl``; name only the arguments you
need. Implementations may be plain or async functions; those of contribute hooks, and of ask hooks marked plain,
are plain.

Four kinds:

* **contribute** hooks are called once at start and return what the plugin adds. An exception there switches the plugin
  off; the server starts without it and lists it as failed. One that the setting ``required_plugins`` names ends the
  start instead, so that no rule of it is missed in silence.
* **before** hooks are called before a change, outside any transaction. Return None to let it pass, a changed copy of
  what was given, or ``Deferred(result)`` to keep it from happening now; raise ``Refused(reason)`` to refuse it. Any
  other exception refuses the change too (a rule that cannot be checked does not let things through) and is counted
  against the plugin.
* **ask** hooks are called whenever their answer is needed. An exception counts as no answer; it is logged and counted.
* **notify** hooks are called after the change is durable and never delay its answer. An exception is logged with the
  plugin's name, counted, and changes nothing for anyone else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from .plugins.markers import ask, before, contribute, notify

if TYPE_CHECKING:
    from pydantic import BaseModel

    from .events import EventData
    from .features.messages import Draft, Message
    from .features.notifications import NotificationInfo, NotificationKind, Notifier, Outcome
    from .features.parts import MessagePart
    from .features.state import StateChange
    from .features.tasks import FieldChange, Task, TaskChange
    from .features.wakes import Wake
    from .http.asgi import Application
    from .members.directory import Agent
    from .members.presence import MemberStatus
    from .operations import Context
    from .plugins import Deferred
    from .registry import Operation, OperationFunction
    from .runtimes import AgentRun, AgentStart, Runtime
    from .server import Server, Team
    from .server.jobs import Job
    from .server.services import Service
    from .server.timekeeping import Countdown
    from .storage import Migration, Reader
    from .surfaces.prompts import Prompt
    from .surfaces.resources import Resource
    from .surfaces.routes import Route, WebSocketRoute
    from .web.pages import MessageAction, MessageLink, Page, Panel, Theme

# -- contribute ------------------------------------------------------------------------------------------------------


@contribute
def register_operations() -> Sequence[OperationFunction] | None:
    """Return a list of functions decorated with ``@operation``: MCP tool, REST route and CLI call of each."""


@contribute
def register_pages() -> Sequence[Page] | None:
    """Return a list of ``Page`` objects: routes of the dashboard, with their place in its navigation."""


@contribute
def register_routes() -> Sequence[Route | WebSocketRoute] | None:
    """Return a list of ``Route`` and ``WebSocketRoute`` objects: paths that the plugin answers by itself, raw.

    Each is served under ``/hooks/<plugin>``, with an authentication of the plugin's own; a ``WebSocketRoute`` may also
    ask for a member. The host that a request names, the site that it comes from, the rate of its address and the size
    of its body are checked before.
    """


@contribute
def register_migrations() -> Sequence[Migration] | None:
    """Return a list of ``Migration`` objects, usually ``load_migrations("my_plugin", __package__)``."""


@contribute
def register_countdowns() -> Sequence[Countdown] | None:
    """Return a list of ``Countdown`` objects: columns that count a duration down, such as when a claim ends.

    They move with the machine's clock when it is set, so that what had an hour left has an hour left. Leave out times
    that somebody has given as times of day, such as due dates.
    """


@contribute
def register_jobs(server: Server) -> Sequence[Job] | None:
    """Return a list of ``Job`` objects: work that comes round, for the server or for each team.

    ``server`` is not open yet; its settings, ``server.plugins.settings``, and its operations, ``server.registry``, are
    there. What fails is told by health and on the page Plugins.
    """


@contribute
def register_services() -> Sequence[Service] | None:
    """Return a list of ``Service`` objects: work that lasts as long as the server, or as a team is open.

    They begin after `startup`, or after `team_opened` of a team that is opened later. One that fails is started again,
    later and later. At a stop they are ended first, before `stopping`; those of a team end before `team_closed`.
    """


@contribute
def register_event_kinds() -> Sequence[type[EventData]] | None:
    """Return the classes of the events that you append: ``class PollClosed(EventData, kind="poll.closed")``.

    Each declares the fields of what its events say, and says in a docstring of one line when one is appended. An event
    of a class that nobody has declared is refused.
    """


@contribute
def register_themes() -> Sequence[Theme] | None:
    """Return a list of ``Theme`` objects: a style sheet of tokens, and optional template overrides."""


@contribute
def register_message_actions() -> Sequence[MessageAction] | None:
    """Return a list of ``MessageAction`` objects: entries of every message's menu, each leading to a page."""


@contribute
def register_panels() -> Sequence[Panel] | None:
    """Return a list of ``Panel`` objects: parts of the start page, of profiles, of tasks, and of messages."""


@contribute
def register_message_parts() -> Sequence[type[MessagePart]] | None:
    """Return the classes of the kinds of parts that you add to messages: ``class Poll(MessagePart, kind="poll")``.

    Each declares the fields that a sender gives, says in a docstring of one line what such a part is, and what models
    are told of it (``text``). What a message is sent with is checked against it, kept with the message, and drawn with
    the class's template.
    """


@contribute
def register_notifiers() -> Sequence[Notifier] | None:
    """Return a list of ``Notifier`` objects: ways to tell members of things outside of TeamMCP.

    A member who wants it gives an address; the server keeps what is to be told, calls ``deliver`` when it is time,
    tries again what failed, and notes the outcome. What comes together is told together.
    """


@contribute
def register_notification_kinds() -> Sequence[NotificationKind] | None:
    """Return a list of ``NotificationKind`` objects: of what members can be told, and whom an event is told to.

    What the server writes to members as direct messages is best made a kind with ``ServerNoteKind``.
    """


@contribute
def register_runtimes() -> Sequence[Runtime] | None:
    """Return a list of ``Runtime`` objects: ways to run one kind of program as an agent.

    They are asked for by the runner, a process of its own on each machine, and by the server, which shows what they can
    do. Nothing is run without the plugin ``claude_launcher``.
    """


@contribute
def register_settings() -> type[BaseModel] | None:
    """Return a pydantic model class: the shape of this plugin's table ``[plugins.NAME]`` in the settings file.

    The checked values are ``context.settings(NAME)``. Wrong values switch the plugin off with a clear message; they end
    the start where the setting ``required_plugins`` names it.
    """


@contribute
def register_resources() -> Sequence[Resource] | None:
    """Return a list of ``Resource`` objects: things an MCP client may read and subscribe to by URI."""


@contribute
def register_prompts() -> Sequence[Prompt] | None:
    """Return a list of ``Prompt`` objects: texts with gaps that a person chooses in their program.

    Programs show them as slash commands or in a menu. A prompt reaches a model as if the person had written it.
    """


# -- operations ------------------------------------------------------------------------------------------------------


@before
def before_operation(
    context: Context, operation: Operation, arguments: BaseModel
) -> BaseModel | Deferred[object] | None:
    """Before any operation, once its arguments are checked and the actor is allowed to call it.

    ``arguments`` is the operation's pydantic model; return ``arguments.model_copy(update={…})`` to change it.
    """


@notify
def operation_done(context: Context, operation: Operation, result: object) -> None:
    """After an operation that may change something has succeeded."""


@notify
def deferred_dropped(
    context: Context, operation: str, arguments: Mapping[str, object], proposer: str, reason: str
) -> None:
    """After it was decided that a call which was deferred will not be made: it was rejected, taken back, or failed.

    The plugin that returned the ``Deferred`` tells of it, with ``context.notify``. ``operation`` is the call's name,
    ``arguments`` are what it was made with by ``proposer``, and ``reason`` says in words why it is not made.
    """


# -- messages --------------------------------------------------------------------------------------------------------


@before
def before_message(context: Context, draft: Draft) -> Draft | Deferred[object] | None:
    """Before a message is stored. ``draft`` is a ``Draft`` (channel, content, mentions, priority, metadata)."""


@notify
def message_sent(context: Context, message: Message) -> None:
    """After a message is stored; ``message`` is a ``Message``."""


@notify
def message_edited(context: Context, message: Message) -> None:
    """After a message got new content; ``message`` is as it is now."""


@notify
def message_deleted(context: Context, message: Message) -> None:
    """After a message was deleted; ``message`` no longer holds its content."""


@notify
def reaction_changed(context: Context, message: Message, emoji: str, added: bool) -> None:
    """After the actor added or removed a reaction."""


# -- tasks -----------------------------------------------------------------------------------------------------------


@before
def before_task_change(context: Context, change: TaskChange) -> TaskChange | Deferred[object] | None:
    """Before a task is created or changed. ``change`` is a ``TaskChange``: the task as it is, and its new values.

    ``claim_next_task`` asks about one task after the other until one is not refused.
    """


@notify
def task_created(context: Context, task: Task) -> None:
    """After a task was created; ``task`` is a ``Task``."""


@notify
def task_changed(context: Context, task: Task, changes: Sequence[FieldChange]) -> None:
    """After a task was changed; ``task`` is as it is now, ``changes`` a list of ``FieldChange``: field, old, new."""


@notify
def task_done(context: Context, task: Task) -> None:
    """After a task was done, besides ``task_changed``."""


# -- state -----------------------------------------------------------------------------------------------------------


@before
def before_state_change(context: Context, change: StateChange) -> StateChange | Deferred[object] | None:
    """Before a field of the shared state is set or deleted, and before it is decided whether the actor may.

    ``change`` is a ``StateChange``: the field as it is, and its new value. ``Deferred`` makes the change wait, as the
    plugin ``approvals`` does; ``change.operation`` and ``change.arguments`` are the call that makes it later.
    ``change.allowed`` says whether the actor may by its own right; return a copy with True to let it nevertheless, for
    instance because ``context.grant`` stands for an approval of this very change.
    """


@notify
def state_changed(context: Context, change: StateChange) -> None:
    """After a field of the shared state was set or deleted; ``change`` is the ``StateChange``."""


# -- agents ----------------------------------------------------------------------------------------------------------


@notify
def agent_registered(context: Context, agent: Agent) -> None:
    """After an agent was registered."""


@notify
def agent_online(team: Team, agent: str) -> None:
    """After an agent came here: its first sign of life after having been away or dead."""


@notify
def agent_offline(team: Team, agent: str) -> None:
    """After an agent went away: it said good-bye, was silent for long, or contact with it was lost."""


@notify
def status_changed(team: Team, agent: str, before: MemberStatus, after: MemberStatus) -> None:
    """After an agent's status has changed, as from ``busy`` to ``waiting``; before `agent_online` and `agent_offline`.

    ``before`` and ``after`` are each a ``MemberStatus``: ``status``, ``reason``, ``since``, ``here``.
    """


@notify
def reach_changed(team: Team, agent: str, reachable: bool) -> None:
    """After it has changed whether an agent can be reached: is here, and waits, streams, or is started for a message.

    A wait that ends is no change for a while (`presence_timeout`), for the next one follows.
    """


@notify
def agent_retired(context: Context, agent: Agent) -> None:
    """After an agent was retired; its key no longer works."""


@before
def before_agent_start(context: Context, start: AgentStart) -> AgentStart | None:
    """Before an agent's program is started, by a person, a message or after a crash. ``Refused`` keeps it from it.

    ``start`` says which agent's, where, by which runtime and why; it cannot be changed or deferred.
    """


@before
def before_wake(context: Context, wake: Wake) -> Wake | None:
    """Before the idle program of an agent is rung because messages wait for it. ``Refused`` keeps it from that.

    The senders are told what the refusal says, and all members see it in the agent's status. ``wake`` says which
    agent's program, and for which messages; it cannot be changed or deferred.
    """


@notify
def agent_started(context: Context, run: AgentRun) -> None:
    """After an agent's program has begun to run; ``run`` is an ``AgentRun``."""


@notify
def agent_stopped(context: Context, run: AgentRun) -> None:
    """After an agent's program has ended because it was told to, had nothing to do, or was done."""


@notify
def agent_crashed(context: Context, run: AgentRun) -> None:
    """After an agent's program has ended without being told to, or could not be started; ``run`` says why."""


@notify
def login_failed(team: Team, address: str, surface: str) -> None:
    """After somebody came with a key of this team that is not valid. Told at most once a minute for each address."""


# -- delivery --------------------------------------------------------------------------------------------------------


@notify
def message_undelivered(context: Context, message: Message, agent: str, reason: str) -> None:
    """After a message could not reach an agent it was meant for, for instance a retired one."""


@notify
def notification_queued(team: Team, notification: NotificationInfo, notifier: str) -> None:
    """After a member is to be told of something by a notifier; ``notification`` is a ``NotificationInfo``."""


@notify
def notification_settled(team: Team, notification: NotificationInfo, notifier: str, outcome: Outcome) -> None:
    """After that has ended: it was ``handed_over`` or ``accepted``, has ``failed``, or was ``dropped``.

    What was handed over or accepted may be ``seen`` later, which is told by the hook once more.
    """


# -- app -------------------------------------------------------------------------------------------------------------


@notify
def startup(server: Server) -> None:
    """When the server has opened its teams and is about to accept requests. An error is logged; the server starts.

    All plugins are told side by side, after `team_opened` of every team. Nobody is answered meanwhile, so each gets
    10 seconds; who takes longer is broken off. Give long work to ``server.background`` or a service.
    """


@notify
def stopping(server: Server) -> None:
    """When the server is told to stop, before it waits for the answers that are under way: end your own long ones.

    Requests that are short are still answered, and the teams' databases too. Streams and sockets of the core end right
    after it. All plugins are told side by side and get 5 seconds each; one that takes longer is broken off.
    """


@notify
def shutdown(server: Server) -> None:
    """When the server stops, before its teams are closed: their databases still answer.

    All plugins are told side by side and get 5 seconds each; who takes longer is broken off.
    """


@notify
def team_opened(team: Team) -> None:
    """When a team's database has been opened, at start or when the team is created: load what is kept in memory.

    The features of the core are told first, then all plugins side by side, with 10 seconds each.
    """


@notify
def team_closed(team: Team) -> None:
    """When a team is about to be closed, because it is deleted or the server stops: end what works for it.

    The team is no longer served and its streams have ended; its database still answers until all have been told. All
    plugins are told side by side and get 5 seconds each. At a stop it comes after `shutdown`.
    """


@notify
def clock_jumped(team: Team, milliseconds: int) -> None:
    """After the machine's clock was set, forward or back (less than 0), and the server's time has followed it.

    Deadlines in tables have moved already (see `register_countdowns`), and silence counts anew. Correct here the
    moments that you keep in memory. Better measure durations with ``server.clock.steady()``, which nobody sets.
    """


@contribute
def asgi_wrapper(server: Server) -> Callable[[Application], Application] | None:
    """Return ``wrap(asgi_app) -> asgi_app`` to stand in front of the whole application.

    It sees HTTP requests, WebSockets and the lifespan, behind the check of host and origin. An exception that it raises
    itself is counted against its plugin; the request is answered with a problem document and goes no further, because
    the wrapper may stand there to keep somebody out.
    """


@ask(plain=True)
def authenticate(team: Team, key_hash: str) -> Agent | None:
    """Return the ``Agent`` whose key has this SHA-256 (hex), or None. The first answer counts."""


@ask()
def inbox_section(context: Context) -> Mapping[str, object] | None:
    """Return ``{"name": value}`` to stand in the actor's inbox under ``sections``, or None.

    A value is a model, a list of models, or JSON. Of models, those whom fields of the type ``Author`` name are told.
    """


@ask()
def message_links(context: Context, message_ids: Sequence[int]) -> Mapping[int, Sequence[MessageLink]] | None:
    """Return ``{message_id: [MessageLink, …]}``, what is shown under messages on the pages, or None.

    Called once for each page of messages, with the ids of all of them; name only what the actor may see. So that a link
    is up to date on pages that are open, let the events that change it hold ``message_id`` in their data.
    """


@ask()
def template_context(context: Context) -> Mapping[str, object] | None:
    """Return variables (a dict) for the templates of every page, or None. Called at each page: be quick."""


@ask(plain=True)
def notices(context: Context, reader: Reader) -> Mapping[str, int] | None:
    """Return how much waits for the actor, for instance ``{"mentions": 1}``, or None.

    The parts of all plugins go as one line with every MCP tool result: the cheapest possible "any mail?". They are
    asked together, in the event loop, where everybody waits for them: use ``reader`` for what the database knows, and
    an index for each query. A query that takes long is ended, and counts as an exception.
    """
