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


class QuestionEnded(QuestionEvent, kind="question.ended"):
    """A question was answered, cannot be answered, or was cancelled."""

    state: str
    answer_id: int | None


EVENT_KINDS = (
    ProjectAdded,
    ProjectUpdated,
    ProjectRemoved,
    ProjectAgentsChanged,
    ConversationStarted,
    ConversationReset,
    QuestionQueued,
    QuestionAsked,
    QuestionEnded,
)
