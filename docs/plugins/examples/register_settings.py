"""Have settings of one's own, in the table [plugins.NAME]. They are read with ``context.settings(NAME)``."""

from pydantic import BaseModel, ConfigDict, Field

from teammcp import hookimpl


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    greeting: str = Field("Welcome!", max_length=200, description="What newcomers are told")


@hookimpl
def register_settings() -> type[BaseModel]:
    return Settings
