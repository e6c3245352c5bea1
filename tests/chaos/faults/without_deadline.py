"""The dialer worker with its deadline taken out, so that a test can show that double calls would be noticed without it."""

import math
import runpy

from services.dialer_worker.calls import dialer

if __name__ == "__main__":
    dialer.send_within_s = lambda reconcile_after_s: math.inf
    runpy.run_module("services.dialer_worker", run_name="__main__")
