"""The customer's wait for the agent's voice: when a filler shortens it, and when the session is given up for it."""

from shared.core.conversation.call_plan import Timing
from shared.core.conversation.state.response_slot import Purpose


class AudioWait:
    """Counts from the last sound that the customer heard or made. Times are seconds of the machine's `now`."""

    __slots__ = ("_latest", "_prompt_ends", "_tool_answered")

    def __init__(self) -> None:
        self._prompt_ends: float | None = None  # of the last stored prompt
        self._tool_answered = False  # after the last audio: the response that comes has to think again
        self._latest: float | None = (
            None  # until when signs of life may postpone the end of the wait; None while nothing is awaited
        )

    def tool_answered(self) -> None:
        """Note that a tool's result was returned: the response that follows may take longer."""
        self._tool_answered = True

    def ended(self) -> None:
        """Note that the audio has come, or is awaited no more."""
        self._tool_answered = False
        self._latest = None

    def prompt_queued(self, ends_at: float) -> None:
        """Note that a stored prompt is heard until `ends_at`."""
        self._prompt_ends = ends_at

    def filler_due_at(self, now: float, purpose: Purpose | None, *, waits_since: float | None, timing: Timing) -> float:
        """Return when the next filler is due; `waits_since` is the customer's last word, if nothing was heard since.

        It is due at once if the line has been silent for longer; but nobody is thought to wait who has waited for too long, nor
        at a nudge, which comes because there was no word.
        """
        sounds = [at for at in (waits_since, self._prompt_ends) if at is not None and now - at <= timing.first_audio_s]
        if purpose is Purpose.NUDGE or not sounds:
            return now + timing.filler_s
        return max(max(sounds) + timing.filler_s, now)

    def audio_due_at(self, now: float, purpose: Purpose | None, *, waits_since: float | None, timing: Timing) -> float:
        """Return when a response that is asked for now, and stays mute, has cost the session.

        It is counted from the customer's last word; after a tool's result, and for a goodbye, from `now`. A customer whose wait
        has run out already is no longer waiting: then it is counted from `now`, too.
        """
        self._latest = now + timing.tool_audio_s
        if purpose is Purpose.GOODBYE:
            return now + timing.goodbye_audio_s
        if self._tool_answered:
            return now + timing.tool_audio_s
        due = (now if waits_since is None else waits_since) + timing.first_audio_s
        return max(due if due >= now else now + timing.first_audio_s, now + timing.least_audio_s)

    def postponed(self, due: float, now: float, timing: Timing) -> float:
        """Return the later end of the wait after a sign of life: a response that is being made is not given up."""
        latest = due if self._latest is None else self._latest
        return max(due, min(now + timing.filler_s, latest))
