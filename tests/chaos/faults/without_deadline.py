"""The dialer worker without its deadline: a test uses it to show that double calls would be noticed."""

import math
import runpy

from services.dialer_worker.calls import dialer

if __name__ == "__main__":
    dialer.send_within_s = lambda reconcile_after_s: math.inf
    runpy.run_module("services.dialer_worker", run_name="__main__")
