"""The parts of the simulator that a running call uses."""

from collections.abc import Callable
from dataclasses import dataclass

from simulators.twilio.call.callbacks import Callbacks, Spawn
from simulators.twilio.call.webhooks import Webhooks
from simulators.twilio.faults import Faults
from simulators.twilio.options import Options
from simulators.twilio.twiml.loader import Documents


@dataclass(frozen=True, slots=True)
class SimulatorContext:
    """One set for all calls; `faults` returns those in force now, `spawn` owns the tasks that outlive a call."""

    options: Options
    webhooks: Webhooks
    documents: Documents
    callbacks: Callbacks
    faults: Callable[[], Faults]
    spawn: Spawn
