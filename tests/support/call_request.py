"""A call as the dialer asks Twilio for it."""

from services.dialer_worker.calls.twilio_client import CallRequest

REQUEST = CallRequest(
    to="+38344123456",
    from_number="+38344000001",
    ring_timeout_s=25,
    time_limit_s=180,
    twiml="<Response/>",
    status_url="https://calls.shop.example/twilio/status/cnf_1/att_1",
    amd_url="https://calls.shop.example/twilio/amd/cnf_1/att_1",
    waits_for_beep=False,
)
