"""What the simulated account is and allows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """The account and its surroundings; empty collections of numbers allow every number."""

    account_sid: str
    auth_token: str
    api_keys: Mapping[str, str] = field(default_factory=dict)
    """API key sid to secret, good beside the account's own token."""
    from_numbers: frozenset[str] = frozenset()
    """Owned numbers; another `From` is refused with 21210."""
    verified_numbers: frozenset[str] = frozenset()
    """A trial account's; another `To` is refused with 21219."""
    allowed_prefixes: tuple[str, ...] = ()
    """Geo permissions by dialling prefix; another `To` is refused with 21215."""
    calls_per_second: float = 1.0
    """Above it calls wait in the queue, as with Twilio."""
    speed: float = 1.0
    """How many times faster ringing and machine detection run; audio is always real time."""
    voice_url: str = ""
    """The voice webhook of inbound calls."""
    recordings: Path | None = None
    """Folder of a stereo WAV file a call (left the person, right the agent)."""
    require_wss: bool = False
    """Refuse `ws:` streams with 31922, as Twilio does."""
    action_after_failed_stream: bool = True
    """Whether a stream that never connected leads to `<Connect action>` or to the next verb (Twilio: unconfirmed)."""
    list_lag_s: float = 0.0
    """How long a new call is missing from the list and the single resource."""
    keep_calls: int = 10_000
    """Finished calls beyond that number are forgotten, oldest first."""

    def waiting(self, seconds: float) -> float:
        """The real time for a wait that is no audio."""
        return seconds / self.speed
