"""What events of projects say."""

from __future__ import annotations

from teammcp import EventData, Words


class ProjectEvent(EventData):
    """Which project."""

    project: str


class ProjectAdded(ProjectEvent, kind="project.added"):
    """A project was added to the registry."""

    description: Words
    owners: list[str]


class ProjectUpdated(ProjectEvent, kind="project.updated"):
    """Facts of a project were changed; ``fields`` names them."""

    version: int
    fields: list[str]


class ProjectRemoved(ProjectEvent, kind="project.removed"):
    """A project was removed from the registry."""


class ProjectAgentsChanged(ProjectEvent, kind="project.agents_changed"):
    """Other members than before work in a project, or answer for it."""

    agents: list[str]
    answerers: list[str]


class ConversationEvent(ProjectEvent):
    """Which conversation: ``asking`` is the project that asks, or ``@`` and a member; ``agent`` answers it."""

    asking: str
    agent: str


class ConversationStarted(ConversationEvent, kind="project.conversation_started"):
    """An agent was started to answer what one project, or one member, asks."""


class ConversationReset(ConversationEvent, kind="project.conversation_reset"):
    """With the next question a new conversation begins."""


class ConversationEnded(ConversationEvent, kind="project.conversation_ended"):
    """Nobody asks in a conversation any more, so its agent was retired."""


class QuestionEvent(EventData):
    """Which question, to which project."""

    question: int
    project: str


class QuestionQueued(QuestionEvent, kind="question.queued"):
    """A question waits for its turn."""


class QuestionAsked(QuestionEvent, kind="question.asked"):
    """A question is somebody's to answer now."""

    holder: str
    message_id: int


class QuestionCountered(QuestionEvent, kind="question.countered"):
    """Whoever had a question to answer has asked something back, in a message to its asker."""

    message_id: int


class QuestionOverdue(QuestionEvent, kind="question.overdue"):
    """The time until which an answer was wanted is over; the question stays open."""


class QuestionEnded(QuestionEvent, kind="question.ended"):
    """A question was answered, cannot be answered, or was cancelled."""

    state: str
    answer_id: int | None


class QuestionAnswerChanged(QuestionEvent, kind="question.answer_changed"):
    """The message that answers a question was edited or deleted, and the answer with it."""

    answer_id: int


class QuestionWordsChanged(QuestionEvent, kind="question.words_changed"):
    """A message in which a question was asked, or something about it, was edited or deleted, and its words with it."""

    message_id: int


class ProjectSubscribed(ProjectEvent, kind="project.subscribed"):
    """A project builds on what another publishes: on all of it, or on the publication that is named."""

    to: str
    publication: Words


class ProjectUnsubscribed(ProjectEvent, kind="project.unsubscribed"):
    """A project does not build on that of another any more."""

    to: str
    publication: Words


class NoticeEvent(EventData):
    """Which notice, of which project."""

    notice: int
    project: str


class NoticeAnnounced(NoticeEvent, kind="notice.announced"):
    """A project has announced a change, or asked something, of those who build on it; ``consumers`` are these."""

    change: str
    publication: Words
    consumers: list[str]


class NoticeJoined(NoticeEvent, kind="notice.joined"):
    """A project has begun to build on what an open notice is about."""

    consumer: str


class NoticeLeft(NoticeEvent, kind="notice.left"):
    """A project that a notice concerned was removed from the registry."""

    consumer: str


class NoticeTold(NoticeEvent, kind="notice.told"):
    """Somebody was told of a notice, in a direct message, for the project that it concerns."""

    consumer: str
    reader: str
    message_id: int


class NoticeReplied(NoticeEvent, kind="notice.replied"):
    """A reply stands beside a notice, was edited, or stands there no more."""

    consumer: str
    message_id: int


class NoticeAnswered(NoticeEvent, kind="notice.answered"):
    """A project has said how it stands with a notice."""

    consumer: str
    state: str


class NoticeOverdue(NoticeEvent, kind="notice.overdue"):
    """The time is over in which projects were to act, and it was told to them and to the announcer."""

    consumers: list[str]


class NoticeEnded(NoticeEvent, kind="notice.ended"):
    """All have acted (``done``), or the notice was ``closed`` or ``withdrawn``."""

    state: str


class NoticeReopened(NoticeEvent, kind="notice.reopened"):
    """All had acted, and one has to act after all."""


EVENT_KINDS = (
    ProjectAdded,
    ProjectUpdated,
    ProjectRemoved,
    ProjectAgentsChanged,
    ConversationStarted,
    ConversationReset,
    ConversationEnded,
    QuestionQueued,
    QuestionAsked,
    QuestionCountered,
    QuestionOverdue,
    QuestionEnded,
    QuestionAnswerChanged,
    QuestionWordsChanged,
    ProjectSubscribed,
    ProjectUnsubscribed,
    NoticeAnnounced,
    NoticeJoined,
    NoticeLeft,
    NoticeTold,
    NoticeReplied,
    NoticeAnswered,
    NoticeOverdue,
    NoticeEnded,
    NoticeReopened,
)
