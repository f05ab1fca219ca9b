"""The settings of Web Push: the table [plugins.push]."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

PLUGIN = "push"
SERVICES = (
    "fcm.googleapis.com",
    "jmt17.google.com",
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
)
"""Where the browsers' own push services are; a host below one of them is one as well."""


def _contact(text: str) -> str:
    if not text.startswith(("mailto:", "https://")):
        raise ValueError("must be a mailto: or https: address, such as mailto:ann@example.com")
    return text


class PushSettings(BaseModel):
    """The table ``[plugins.push]``. All of it may be left out."""

    model_config = ConfigDict(extra="forbid")

    contact: Annotated[str, AfterValidator(_contact)] = Field(
        "mailto:nobody@invalid.example",
        max_length=200,
        description="Whom a push service tells of trouble; Apple's takes no notice without a real one",
    )
    more_services: list[str] = Field(
        [], description="Hosts of other push services; a browser that names none of all these is refused"
    )
    timeout_seconds: float = Field(10, ge=1, le=25, description="How long a push service may take")

    def is_service(self, host: str) -> bool:
        """Whether something may be sent to a host: a browser says where, and the server calls nothing else."""
        return host in self.more_services or any(host == each or host.endswith(f".{each}") for each in SERVICES)
