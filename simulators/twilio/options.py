"""The properties and the limits of the simulated account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simulators.profile import DEFAULT, Profile


@dataclass(frozen=True, slots=True)
class Options:
    """The account and its environment; an empty collection of numbers allows every number."""

    account_sid: str
    auth_token: str
    api_keys: Mapping[str, str] = field(default_factory=dict)
    """API key sids and their secrets, which are accepted like the account's own token."""
    from_numbers: frozenset[str] = frozenset()
    """The account's numbers; another `From` is refused with 21210."""
    verified_numbers: frozenset[str] = frozenset()
    """The verified numbers of a trial account; another `To` is refused with 21219."""
    allowed_prefixes: tuple[str, ...] = ()
    """The dialling prefixes of the geo permissions; another `To` is refused with 21215."""
    calls_per_second: float = 1.0
    """The rate above which calls wait in the queue, as with Twilio."""
    speed: float = 1.0
    """How many times faster ringing and machine detection run; audio is always real time."""
    voice_url: str = ""
    """The voice webhook of inbound calls."""
    recordings: Path | None = None
    """The folder for a stereo WAV file of each call (left the person, right the agent)."""
    require_wss: bool = False
    """Whether `ws:` streams are refused with 31922, as Twilio does."""
    action_after_failed_stream: bool = True
    """Whether a stream that never connected leads to `<Connect action>` or to the next verb (Twilio: unconfirmed)."""
    list_lag_s: float = 0.0
    """The seconds during which a new call is missing from the list and the single resource."""
    profile: Profile = DEFAULT
    """Whether some of the people who answer have a phone with an echo."""
    seed: int = 1
    """The seed of what the profile leaves to chance."""
    keep_calls: int = 10_000
    """The number of finished calls that are kept; beyond it the oldest are forgotten."""

    def waiting(self, seconds: float) -> float:
        """Return the real time for a wait that involves no audio."""
        return seconds / self.speed
