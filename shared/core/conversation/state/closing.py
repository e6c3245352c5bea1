"""How the call ends: what was decided, the goodbye, and whether its last words may be interrupted."""

from typing import Final

from shared.core.confirmation import Conclusion
from shared.core.conversation.actions import Action, EndConversation, RecordVerdict
from shared.core.conversation.call_plan import Lines
from shared.core.outcome import VerdictKind

_MAX_GOODBYES: Final = 3  # a customer who talks over the goodbye more often than this is not heard out again
_STORED_GOODBYE: Final = "goodbye"


class Closing:
    """The decision and the goodbye that fits it.

    `goodbye` is the sentence for the model to speak, `stored_goodbye` the key of the stored prompt that stands in for it.
    `has_last_words`: the audio has begun at whose end the call ends. `is_final`: nobody can interrupt the last words.
    `is_interrupted`: the customer spoke up during the goodbye and is being heard out. `goes_on`: the talk continues about
    another order once the last words have been heard. `verdict` is the newest decision; it is `recorded`, or `withheld` until
    the disclosure has been heard: until then it has decided nothing, and an older one that was recorded stands.
    """

    __slots__ = (
        "_goodbyes",
        "conclusion",
        "goes_on",
        "goodbye",
        "has_last_words",
        "is_final",
        "is_interrupted",
        "reason",
        "recorded",
        "stored_goodbye",
        "verdict",
        "withheld",
    )

    def __init__(self, lines: Lines) -> None:
        self.verdict: VerdictKind | None = None
        self.recorded: VerdictKind | None = None
        self.withheld: RecordVerdict | None = None
        self.conclusion: Conclusion | None = None
        self.reason = "completed"
        self.goes_on = False
        self.goodbye = lines.goodbye_undecided
        self.stored_goodbye = _STORED_GOODBYE
        self.has_last_words = False
        self.is_final = False
        self.is_interrupted = False
        self._goodbyes = 0

    @property
    def is_decided(self) -> bool:
        """Whether a person has decided, a call-back included; the decision may still be withheld."""
        return self.verdict is not None and self.verdict is not VerdictKind.MACHINE

    @property
    def is_firmly_decided(self) -> bool:
        """Whether a decision stands against a withdrawal: a call-back does not, nor one that is withheld."""
        return self.recorded not in {None, VerdictKind.CALLBACK_REQUESTED}

    @property
    def may_be_interrupted(self) -> bool:
        """Whether a customer who speaks up during the goodbye is heard out."""
        return not self.is_final and self._goodbyes < _MAX_GOODBYES

    def decided(self, kind: VerdictKind, lines: Lines) -> None:
        """Note a person's decision that is being recorded; it replaces an earlier one."""
        self._take(kind, lines)
        self.recorded, self.withheld = kind, None

    def decided_undisclosed(self, decision: RecordVerdict, lines: Lines) -> None:
        """Note a person's decision that must wait until the disclosure has been heard; it replaces one that waits."""
        self._take(decision.report.kind, lines)
        self.withheld = decision

    def disclosed(self) -> list[Action]:
        """Note that the disclosure has been heard; returns the decision that waited for it, to be recorded now."""
        if self.withheld is None:
            return []
        decision, self.withheld = self.withheld, None
        self.recorded = decision.report.kind
        return [decision]

    def given_up(self, reason: str) -> None:
        """Note that the person did not decide; what was decided before stands."""
        if not self.is_decided:
            self.conclusion = self.conclusion or Conclusion.UNDECIDED
            self.reason = reason

    def machine_detected(self) -> None:
        """Note that Twilio detected an answering machine: what was withheld until then never counts."""
        self.verdict = self.withheld = None
        self.stored_goodbye = _STORED_GOODBYE
        self.conclusion, self.reason, self.is_final = Conclusion.MACHINE, "machine", True

    def machine_reported(self) -> None:
        """Note that the model reported an answering machine."""
        self.verdict, self.conclusion, self.reason = VerdictKind.MACHINE, Conclusion.MACHINE, "machine"

    def message_left(self, lines: Lines) -> None:
        """Note that the shop's message takes the goodbye's place."""
        self.goodbye = lines.voicemail

    def withdrawn(self, lines: Lines) -> None:
        """Note that the shop took the order back: the goodbye is neutral and spoken to its end."""
        self.verdict = self.recorded = self.withheld = None
        self.conclusion, self.reason, self.is_final = Conclusion.UNDECIDED, "withdrawn", True
        self.goodbye, self.stored_goodbye = lines.goodbye_withdrawn, _STORED_GOODBYE

    def time_ran_out(self) -> None:
        """Note that the call has lasted as long as it may: the goodbye is spoken to its end, and no other order follows."""
        self.is_final, self.goes_on = True, False

    def model_failed(self, reason: str) -> None:
        """Note why the model is away for good."""
        self.reason = reason

    def no_key_pressed(self) -> None:
        """Note that a customer without a model pressed no key either: the fault is ours."""
        self.conclusion = Conclusion.ERROR

    def agent_took_leave(self) -> None:
        """Note that the model spoke a goodbye of its own, after the decision, and wants to end the call."""
        self.is_interrupted = False
        self.has_last_words = True

    def goodbye_asked_for(self) -> None:
        """Note that a goodbye is about to be spoken."""
        self._goodbyes += 1
        self.is_interrupted = False
        self.has_last_words = False

    def goodbye_began(self) -> None:
        """Note that the goodbye's audio arrives."""
        self.has_last_words = True

    def stored_goodbye_began(self) -> None:
        """Note that the stored goodbye is played: without a model the talk goes on about no other order."""
        self.goes_on = False
        self.has_last_words = True

    def interrupted(self) -> None:
        """Note that the customer is heard out, and the goodbye comes again."""
        self.is_interrupted = True
        self.has_last_words = False

    def translate(self, lines: Lines) -> None:
        """Take the goodbye that fits what was decided so far from `lines`."""
        if self.verdict is None or not self.is_decided:
            self.goodbye = lines.goodbye_undecided
        else:
            self.goodbye = lines.acknowledgements.get(self.verdict) or lines.goodbyes[self.verdict]

    def end(self, cut_off_by: str | None, *, fallback: Conclusion) -> EndConversation:
        """Return the end of the conversation; `cut_off_by` is the reason if it came before the last words.

        `fallback` is the conclusion of a call that nothing has concluded.
        """
        if self.recorded is not None:
            return EndConversation(None, cut_off_by or self.reason, goes_on=self.goes_on and cut_off_by is None)
        return EndConversation(self.conclusion or fallback, cut_off_by or self.reason)

    def _take(self, kind: VerdictKind, lines: Lines) -> None:
        self.verdict = kind
        self.reason = "decided"
        self.goes_on = kind in lines.acknowledgements
        self.stored_goodbye = lines.stored_goodbyes.get(kind, _STORED_GOODBYE)
        self.translate(lines)
