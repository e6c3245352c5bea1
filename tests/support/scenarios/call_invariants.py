"""The invariants of every answered call, whatever happens in it: each check yields the violations, in words."""

from collections.abc import Callable, Iterator

from shared import languages
from tests.support.scenarios.result import CallResult, ScenarioResult
from tests.support.scenarios.scenario import Json, fragment

_CLEAR_MS = 100.0
_TRUNCATION_MS = 80.0
_GONE_MS = 2000.0
_FRAME_BYTES = 160  # what a stored prompt is filled up to
_MERGED_MS = 250.0  # a silence up to this length does not end an interval in the ledger
_OUR_ENDS = frozenset({"twiml_hangup", "twiml_end", "hung_up_by_rest", "time_limit"})
_THEIR_ENDS = frozenset({"person_hung_up", "patience", "tape_full"})
_NO_CALL = frozenset({"busy", "declined", "no_answer", "failed", "canceled"})
_RACES = frozenset({"response_cancel_not_active"})
"""Errors of events that cross their cause on the wire: they are harmless and cannot be avoided."""

Check = Callable[[ScenarioResult, CallResult], Iterator[str]]


def _twilio_has_no_complaint(result: ScenarioResult, line: CallResult) -> Iterator[str]:
    ordered = {31920, 15003} if result.scenario.twilio else set()
    for one in (*line.call["warnings"], *line.call["errors"]):
        if one["code"] not in ordered | result.scenario.expect.twilio_errors:
            yield f"Twilio complains: {one['code']} {one['message']}"


def _openai_has_no_complaint(result: ScenarioResult, line: CallResult) -> Iterator[str]:
    allowed = _RACES | result.scenario.expect.model_errors
    for session in line.sessions:
        for error in session["errors"]:
            code = error.get("code")
            is_own = code == "conversation_already_has_active_response" and error.get("event_id") is None
            if code not in allowed and not is_own:  # its own answer to a turn came while a response that we requested ran
                yield f"OpenAI complains: {code} {error['message']}"


def _one_greeting(result: ScenarioResult, line: CallResult) -> Iterator[str]:
    salutation = languages.load(result.view["customer"]["language"] or "sq").lines["greeting"].partition(",")[0]
    greetings = [response for response in line.responses if response["meant"].startswith(salutation)]
    if len(greetings) > 1:
        yield f"it greets {len(greetings)} times"


def _disclosure_comes_first(result: ScenarioResult, line: CallResult) -> Iterator[str]:
    language = languages.load(result.view["customer"]["language"] or "sq")
    first = next(iter(line.responses), None)
    last_words = [fragment(key, language) for key in language.lines if key.startswith("goodbye_") or key == "voicemail"]
    is_last = first is not None and any(words in first["meant"] for words in last_words)
    if first is not None and not is_last and not all(words in first["meant"] for words in language.disclosure):
        yield f"its first words don't say that it is an automated assistant: {first['said']!r}"
    attempt = line.attempt or {}
    is_spoken_verdict = attempt.get("result") in {"confirmed", "cancelled"} and not line.call["keys"]
    if is_spoken_verdict and attempt.get("disclosure_played_at") is None:
        yield "a customer decided by voice who was never proven to have heard who speaks"


def _no_details_before_a_person(result: ScenarioResult, line: CallResult) -> Iterator[str]:
    """Check that the order's items are named only to a person: one who spoke, pressed a key, or was recognized by Twilio."""
    names = [item["name"] for item in result.view["order"]["items"]]
    causes = [turn["stopped_at_ms"] or turn["started_at_ms"] for turn in line.turns]
    causes += [key["at_ms"] for key in line.call["keys"]]
    causes += [entry["at_ms"] for entry in line.call["timeline"] if entry["what"] == "detected" and entry["verdict"] == "human"]
    for response in line.responses:
        if any(name in response["said"] for name in names) and min(causes, default=1e18) > response["first_delta_ms"]:
            yield "it tells what was ordered before a person has answered"


def _no_long_silence(result: ScenarioResult, line: CallResult) -> Iterator[str]:
    """Check that a silence after the customer lasts 4 s at most, and one after the agent ends with the next prompt."""
    end = line.stream["ended_ms"] if line.stream is not None else line.call["ended_ms"]
    expect = result.scenario.expect
    cursor, is_after_agent = float(line.call["answered_ms"]), False
    for sound in [one for one in line.sounds if one.from_ms < end]:
        limit_s = expect.longest_quiet_s if is_after_agent else expect.longest_wait_s
        quiet_ms = sound.from_ms - cursor
        if quiet_ms > limit_s * 1000 + line.slack_ms:
            who = "the agent" if is_after_agent else "the customer"
            yield f"{quiet_ms / 1000:.1f} s of quiet after {who}, {(cursor - line.call['answered_ms']) / 1000:.1f} s into the call"
        if sound.to_ms >= cursor:
            cursor, is_after_agent = sound.to_ms, sound.is_agent


def _goodbye_is_heard_to_its_end(result: ScenarioResult, line: CallResult) -> Iterator[str]:
    """Check that the last words are heard. Customers who hang up may cut them off; a machine only needs to get its message."""
    is_machine = line.attempt is not None and line.attempt["result"] == "machine"
    if is_machine and "voicemail" not in result.scenario.expect.heard:
        return
    cut_ms = line.call["cut_ms"] - (line.stream["cut_ms"] if line.stream is not None and line.has_lost_its_bridge else 0)
    if line.call["end_reason"] in _OUR_ENDS and cut_ms > 0:
        yield f"{cut_ms:.0f} ms of its last words were cut off"


def _silence_comes_at_once(_: ScenarioResult, line: CallResult) -> Iterator[str]:
    """Check that each `clear` follows a word or a key within 100 ms."""
    if line.stream is None:
        return
    causes = [key["at_ms"] for key in line.call["keys"]] + [turn["started_at_ms"] for turn in line.turns]
    for clear in line.stream["clears"]:
        before = [at for at in causes if at <= clear["at_ms"] + 1]
        if before and clear["at_ms"] - max(before) > _CLEAR_MS + line.slack_ms and not _is_from_outside(line, clear["at_ms"]):
            yield f"a clear came {clear['at_ms'] - max(before):.0f} ms after the customer's word or key"


def _is_from_outside(line: CallResult, at_ms: float) -> bool:
    """Return whether the shop or Twilio's detection may have caused it: its delay cannot be measured here."""
    told = line.times("detected") + line.times("callback_answered")
    return any(abs(at_ms - at) < 1000 for at in told) or line.call["end_reason"] in _OUR_ENDS


def _nobody_is_talked_over(result: ScenarioResult, line: CallResult) -> Iterator[str]:
    """Check that the agent stops when the customer begins to speak, as soon as the model notices it."""
    if result.scenario.expect.talks_on or result.scenario.noise:
        return
    for turn in line.spoken_turns:
        at_ms = turn["started_at_ms"]
        for since, until in line.call["heard"]:
            if since < at_ms - 20 and until - at_ms > _CLEAR_MS + _MERGED_MS + line.slack_ms:
                new = [one for one in line.responses if at_ms < one["first_delta_ms"] < at_ms + _MERGED_MS]
                if not new:
                    yield f"it goes on talking for {until - at_ms:.0f} ms after the customer began"


def _truncations_are_true(result: ScenarioResult, line: CallResult) -> Iterator[str]:
    """Check that OpenAI learns what was really heard of an item, to 80 ms; without marks that is not known."""
    if line.stream is None or any(rule["fault"] == "marks_lost" for rule in result.scenario.twilio):
        return
    dropped_before = 0.0
    for clear in line.stream["clears"]:
        sent_ms = sum(frame["bytes"] for frame in line.call["media"] if frame["at_ms"] <= clear["at_ms"]) / 8
        heard_ms = sent_ms - dropped_before - clear["dropped_ms"]
        for cut, response, before_ms in _cuts(line, clear["at_ms"]):
            began_ms = _sent_before(line, response["first_delta_ms"]) - dropped_before + before_ms
            truth_ms = max(0.0, heard_ms - began_ms)
            if abs(cut["audio_end_ms"] - truth_ms) > _TRUNCATION_MS + line.slack_ms:
                yield f"an item was truncated at {cut['audio_end_ms']} ms, and {truth_ms:.0f} ms were heard"
        dropped_before += clear["dropped_ms"]


def _cuts(line: CallResult, at_ms: float) -> Iterator[tuple[Json, Json, float]]:
    """Yield the truncations after a clear, each with its response and the length of the response's earlier items."""
    for session in line.sessions:
        for cut in session["truncations"]:
            if not -20 <= cut["ms"] - at_ms < _CLEAR_MS + line.slack_ms:
                continue
            for response in session["responses"]:
                ids = [item["id"] for item in response["items"]]
                if cut["item_id"] in ids and response["first_delta_ms"] is not None:
                    before = response["items"][: ids.index(cut["item_id"])]
                    yield cut, response, sum(item["audio_ms"] for item in before)


def _sent_before(line: CallResult, at_ms: float) -> float:
    return float(sum(frame["bytes"] for frame in line.call["media"] if frame["at_ms"] < at_ms) / 8)


def _nothing_old_after_a_clear(result: ScenarioResult, line: CallResult) -> Iterator[str]:
    """Check that after a `clear` no audio comes from a response that it cut off; a stored prompt may."""
    if line.stream is None or result.scenario.model is not None or not line.responses:
        return  # if the model fails, stored prompts may follow at once
    starts = [response["first_delta_ms"] for response in line.responses]
    for clear in line.stream["clears"]:
        sent = [frame for frame in line.call["media"] if frame["at_ms"] > clear["at_ms"]]
        later = [frame["at_ms"] for frame in _without_prompt(result, line, sent) if frame["audible"]]
        news = [at for at in starts if at > clear["at_ms"]]
        if later and (not news or min(later) < min(news) - 1):
            yield f"old audio came {min(later) - clear['at_ms']:.0f} ms after a clear"


def _without_prompt(result: ScenarioResult, line: CallResult, sent: list[dict[str, float]]) -> list[dict[str, float]]:
    """Return the frames without the stored prompt, if they begin with one: whole, and sent at once."""
    language = languages.load(languages.match(result.view["customer"]["language"]) or "sq")
    sizes = [len(languages.audio(language.code, key)) for key in language.stored]
    total, ends_at = 0, 0
    for count, frame in enumerate(sent, start=1):
        total += int(frame["bytes"])
        if frame["at_ms"] - sent[0]["at_ms"] > _CLEAR_MS + line.slack_ms:
            break
        if any(0 <= total - size < _FRAME_BYTES for size in sizes):
            ends_at = count  # a longer prompt may still match
    return sent[ends_at:]


def _all_is_gone_soon(_: ScenarioResult, line: CallResult) -> Iterator[str]:
    """Check that both sockets are closed within 2 s of the end, whichever side ended it; the stream before a REST hang-up."""
    stream = line.stream
    if stream is None:
        return
    ended = [float(line.call["ended_ms"])]
    if stream["closed_by"] == "server":
        ended.append(float(stream["ended_ms"]))
    end = min(ended)
    if stream["ended_ms"] - end > _GONE_MS:
        yield f"the stream stayed open for {stream['ended_ms'] - end:.0f} ms after the end"
    for session in line.sessions:
        if session["closed"] is None or session["closed"]["ms"] - end > _GONE_MS + line.slack_ms:
            yield "a session with the model outlived the call by more than 2 s"
    hangups = [at for at in line.times("update_requested") if at < stream["ended_ms"]]
    if hangups and line.call["end_reason"] == "hung_up_by_rest":
        yield "the call was hung up over REST before the stream was closed"


def _the_end_comes_soon(result: ScenarioResult, line: CallResult) -> Iterator[str]:
    """Check that the line is not held open after our last words have been heard."""
    stream = line.stream
    if stream is None or stream["closed_by"] != "server" or not line.call["heard"]:
        return
    last_sound = max((one.to_ms for one in line.sounds if one.from_ms <= stream["ended_ms"]), default=stream["ended_ms"])
    quiet_ms = stream["ended_ms"] - last_sound
    if quiet_ms > result.scenario.expect.longest_end_s * 1000 + line.slack_ms:
        yield f"the stream was closed {quiet_ms / 1000:.1f} s after the last words"


def _it_ends_as_calls_end(_: ScenarioResult, line: CallResult) -> Iterator[str]:
    reason = line.call["end_reason"]
    if reason not in _OUR_ENDS | _THEIR_ENDS | _NO_CALL:
        yield f"the call ended by {reason}"


def _the_model_is_paid_for(result: ScenarioResult, line: CallResult) -> Iterator[str]:
    attempt = line.attempt
    has_ended = attempt is not None and attempt["result"] is not None
    is_paid = any(response["status"] == "completed" for session in line.sessions for response in session["responses"])
    if has_ended and is_paid and (attempt or {})["cost"] is None and result.view["status"] == "finished":
        yield "what the model cost is not on the attempt"


CHECKS: tuple[Check, ...] = (
    _twilio_has_no_complaint,
    _openai_has_no_complaint,
    _one_greeting,
    _disclosure_comes_first,
    _no_details_before_a_person,
    _no_long_silence,
    _goodbye_is_heard_to_its_end,
    _silence_comes_at_once,
    _nobody_is_talked_over,
    _truncations_are_true,
    _nothing_old_after_a_clear,
    _all_is_gone_soon,
    _the_end_comes_soon,
    _it_ends_as_calls_end,
    _the_model_is_paid_for,
)
