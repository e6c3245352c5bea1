"""A strict simulator of Twilio Voice: REST, signed webhooks, TwiML and the client side of Media Streams.

`python -m simulators.twilio --port 5060 --account-sid AC… --auth-token …` serves Twilio's API under `/2010-04-01/` and
its own pages, all JSON, under `/simulator`:

- `PUT /simulator/people/{phone}`: the script of the person who has that number (its form: `simulators.customer_script.script`);
    the phone `*` stands for all others. A number without a script does not answer. `GET` and `DELETE` exist too.
- `PUT /simulator/faults`: the faults from now on (`faults.Kind` lists them), e.g.
  `{"seed": 7, "rules": [{"fault": "create_429", "next": 3}, {"fault": "callback_dropped", "probability": 0.1}]}`.
- `POST /simulator/inbound-calls`: `{"from", "to"}` and optionally `voice_url`, `status_callback`, `person` (one entry
  of a person's `attempts`).
- `GET /simulator/calls?to=&from=&status=&end_reason=`, `/simulator/calls/{sid}` (the ledger of a call),
  `/simulator/calls/{sid}/media` (each media frame of the server), `/simulator/calls/{sid}/audio.wav`.
- `GET /simulator/requests`: the latest requests to the REST API and how they were answered.
- `DELETE /simulator`: end all calls and forget all calls, people and faults. `GET /simulator/health`.

All `*_ms` of the ledger are times of the machine's monotonic clock, which all its processes share.
"""
