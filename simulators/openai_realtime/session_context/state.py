"""The state of a session: its configuration, its conversation, the present faults, and the record that tests read."""

from dataclasses import dataclass, field

from simulators.openai_realtime.chance import Chance
from simulators.openai_realtime.events.validators import Json
from simulators.openai_realtime.faults import Faults
from simulators.openai_realtime.ledger import SessionRecord
from simulators.openai_realtime.session_context.conversation import Conversation


@dataclass(slots=True)
class SessionState:
    """The data that all parts of a session share. `config`, `faults` and `chance` are replaced only by `ClientEvents`."""

    record: SessionRecord
    conversation: Conversation
    config: Json
    faults: Faults
    chance: Chance = field(default_factory=Chance)
