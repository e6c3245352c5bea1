"""The traits of the simulated model: what real sessions show beside clean turns. Each can be chosen or forced by itself."""

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from simulators.profile import Profile

Probability: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Seconds: TypeAlias = Annotated[float, Field(ge=0, le=60)]
Often: TypeAlias = Probability | tuple[int, ...]
"""How often a trait shows: its probability for each response, or the list of the responses, counted from 1, in which it does."""


class Traits(BaseModel):
    """The traits of a session; with the defaults it has none, which is the profile `ideal`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 1
    first_audio_s: Seconds | tuple[Seconds, Seconds, Seconds] | None = None
    """The seconds from `response.created` to the first output: always the same, or drawn (shortest, median, longest).
    Null is the fixed `response_latency_ms`."""
    after_tool_factor: Annotated[float, Field(ge=1, le=5)] = 1.0
    """How many times longer it takes to the first output after a tool's answer; never longer than the longest above."""
    preamble: Often = 0.0
    """Speech of phase `commentary` before a tool call, in the same response: "One moment, please"."""
    two_items: Often = 0.0
    """The speech comes as two audio items; the second one's first delta comes before the first one's last."""
    no_output: Often = 0.0
    """The response completes without any item."""
    text_only: Often = 0.0
    """The response completes with text in place of audio."""
    content_filter: Often = 0.0
    """The response ends `incomplete`, reason `content_filter`, before its first audio."""
    max_output_tokens: Often = 0.0
    """The response ends `incomplete`, reason `max_output_tokens`, before its first audio."""
    rate_limited: Often = 0.0
    """The response fails with `inference_rate_limit_exceeded`."""
    silent_audio: Often = 0.0
    """The audio is digital silence, although the transcript has the words."""
    lost_done: Often = 0.0
    """Everything comes but `response.done`."""
    session_error: Often = 0.0
    """An `error` event of `session_error_code` comes in place of the output, and then close 4000."""
    session_error_code: str = "insufficient_quota"
    session_error_closes: bool = True
    """Whether the connection is closed behind that event; otherwise the response fails with the same code."""
    other_words: Often = 0.0
    """The words differ a little from those that were asked for: one is left out or said twice."""
    nulls: Probability = 0.0
    """The probability, for each event, that details declared as optional are null or missing: usage, counts, names."""
    null_ids: Probability = 0.0
    """The same for ids and states that are declared as optional, although every client would like to have them."""
    smallest_delta_bytes: int = 401
    largest_delta_bytes: int = 1999
    """The sizes of audio deltas, for 8 kHz mu-law, where a byte is 1/8 ms."""
    done_delay_ms: int = 0
    """The time from a response's last output to `response.done`; who speaks in it cancels a response with a complete call."""
    forgets_formats: bool = False
    """A `session.update` without formats sets both back to PCM."""


REALISTIC: Final = Traits(
    first_audio_s=(0.6, 1.5, 4.5),
    after_tool_factor=1.4,
    preamble=0.25,
    two_items=0.1,
    no_output=0.015,
    text_only=0.015,
    content_filter=0.01,
    max_output_tokens=0.005,
    rate_limited=0.005,
    silent_audio=0.003,
    lost_done=0.003,
    other_words=0.1,
    nulls=0.1,
    null_ids=0.005,
    smallest_delta_bytes=160,
    largest_delta_bytes=3200,
    done_delay_ms=60,
)
"""The times are those that third parties measured in 2026; the other figures are guesses, rather too frequent than too rare."""

OF_PROFILE: Final[Mapping[Profile, Traits]] = {Profile.IDEAL: Traits(), Profile.REALISTIC: REALISTIC}
