"""Whose turn it is to speak: whether the customer speaks, and since when the customer waits for the agent's voice."""

from shared.core.conversation.state.audio_wait import AudioWait


class TurnTaking:
    """The customer's last word, and what it calls for. Times are seconds of the machine's `now`."""

    __slots__ = (
        "_asked_at",
        "_asking_since",
        "_spoke_at",
        "audio_wait",
        "has_promised_to_wait",
        "is_customer_speaking",
        "waits_since",
    )

    def __init__(self) -> None:
        self.audio_wait = AudioWait()
        self.is_customer_speaking = False
        self.has_promised_to_wait = False  # the agent, to a customer who asked for a moment
        self.waits_since: float | None = None  # the customer's last word, after which nothing has been heard yet
        self._spoke_at: float | None = None  # when the customer began to speak last
        self._asking_since: float | None = None  # since when the running response has been sending audio
        self._asked_at: float | None = None  # when the last sentence began that waits for the customer's word

    @property
    def has_answered(self) -> bool:
        """Whether the customer has spoken since the agent last said something that waits for an answer."""
        return self._spoke_at is not None and (self._asked_at is None or self._spoke_at >= self._asked_at)

    def customer_started(self, now: float) -> None:
        """Note that the customer speaks: no answer is waited for, and no promise to wait holds any longer."""
        self.is_customer_speaking = True
        self._spoke_at = now
        self.has_promised_to_wait = False
        self.waits_since = None

    def customer_stopped(self, now: float) -> None:
        """Note that the customer fell silent and waits for an answer."""
        self.is_customer_speaking = False
        self.waits_since = now

    def customer_pressed_key(self, now: float) -> None:
        """Note that the customer pressed a key and waits for an answer."""
        self.waits_since = now

    def speech_given_up(self) -> None:
        """Note that no end of the customer's speech will be told: it was noise, or the session is gone."""
        self.is_customer_speaking = False

    def agent_started(self, now: float) -> None:
        """Note that the agent is about to be heard."""
        self.waits_since = None
        if self._asking_since is None:
            self._asking_since = now

    def agent_stopped(self, *, waits_for_answer: bool) -> None:
        """Note that a response is complete; one that calls a tool waits for no word of the customer's."""
        if waits_for_answer and self._asking_since is not None:
            self._asked_at = self._asking_since
        self._asking_since = None

    def agent_promised_to_wait(self) -> None:
        """Note that the agent said that it will wait."""
        self.has_promised_to_wait = True
