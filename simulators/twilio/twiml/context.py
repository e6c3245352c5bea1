"""What a running call needs of the simulator."""

from collections.abc import Callable
from dataclasses import dataclass

from simulators.twilio.call.callbacks import Callbacks, Spawn
from simulators.twilio.call.webhooks import Webhooks
from simulators.twilio.faults import Faults
from simulators.twilio.options import Options
from simulators.twilio.twiml.loader import Documents


@dataclass(frozen=True, slots=True)
class SimulatorContext:
    """One set for all calls; `faults` gives those in force now, `spawn` owns what outlives a call."""

    options: Options
    webhooks: Webhooks
    documents: Documents
    callbacks: Callbacks
    faults: Callable[[], Faults]
    spawn: Spawn
