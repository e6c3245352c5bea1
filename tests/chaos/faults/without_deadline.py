"""The dialer worker with its deadline taken out, to know that the fence's tests would see what it is good for."""

import math
import runpy

from services.dialer_worker.calls import dialer

if __name__ == "__main__":
    dialer.send_within_s = lambda reconcile_after_s: math.inf
    runpy.run_module("services.dialer_worker", run_name="__main__")
