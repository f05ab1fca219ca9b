"""Token buckets: how often an agent or an address may call."""

from __future__ import annotations

from ..clock import Clock
from ..config import Settings
from ..errors import RateLimited
from ..http.callers import bucket

KEPT = 10_000


class RateLimit:
    """One bucket a key, refilled at ``rate`` calls a second up to ``burst``. For the event loop only.

    A rate of 0 means no limit.
    """

    def __init__(self, clock: Clock, rate: float, burst: float, what: str) -> None:
        self._clock = clock
        self._rate = rate / 1000
        self._burst = burst
        self._what = what
        self._buckets: dict[str, tuple[float, int]] = {}

    def take(self, key: str) -> None:
        """Take one call from the bucket of ``key``.

        Raises:
            RateLimited: the bucket is empty; ``retry_after`` says in how many seconds it is not.
        """
        if not self._rate:
            return
        now = self._clock.steady()
        tokens, at = self._buckets.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + max(0, now - at) * self._rate)
        if tokens < 1:
            self._buckets[key] = tokens, now
            wait = max(1, round((1 - tokens) / self._rate / 1000 + 0.5))
            raise RateLimited(f"Too many {self._what}. Try again in {wait} s.", retry_after=wait)
        self._buckets[key] = tokens - 1, now
        if len(self._buckets) > KEPT:  # the bucket used longest ago is the first: popping and setting keeps that order
            del self._buckets[next(iter(self._buckets))]


class AddressLimit(RateLimit):
    """The same by the caller's address; see `bucket` for which addresses count as one."""

    def take(self, key: str) -> None:
        """Take one call from the bucket of the address ``key``."""
        super().take(bucket(key))


class Limits:
    """The limits of one server; each process counts for itself. For the event loop only.

    Attributes:
        agent: calls by one agent.
        address: calls without a valid key from one address.
        register: registrations and failed logins from one address.
        told_failures: failed logins that plugins hear of, of one team from one address.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self.agent = RateLimit(clock, settings.agent_rate, settings.agent_burst, "calls by this agent")
        self.address = AddressLimit(
            clock, settings.address_rate, settings.address_burst, "calls without a valid key from this address"
        )
        self.register = AddressLimit(
            clock,
            settings.register_rate / 60,
            settings.register_rate,
            "registrations or failed logins from this address",
        )
        self.told_failures = RateLimit(clock, 1 / 60, 1, "failed logins")
