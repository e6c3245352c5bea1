"""The form of a create: what is taken, and the code of each refusal."""

import pytest

from simulators.twilio.call.request import Detection, Webhook
from simulators.twilio.errors import RestError
from simulators.twilio.options import Options
from simulators.twilio.rest.parameters import parse_create, parse_update

OPTIONS = Options("AC" + "0" * 32, "token", from_numbers=frozenset({"+38344000001"}), allowed_prefixes=("+383", "+1"))
GOOD = {"To": ["+38344123456"], "From": ["+38344000001"], "Url": ["https://h/voice"]}


def test_a_full_create_is_read() -> None:
    wanted = parse_create(
        GOOD
        | {
            "StatusCallback": ["https://h/s"],
            "StatusCallbackEvent": ["initiated", "completed"],
            "Timeout": ["25"],
            "TimeLimit": ["180"],
            "MachineDetection": ["Enable"],
            "AsyncAmd": ["true"],
            "AsyncAmdStatusCallback": ["https://h/amd"],
        },
        OPTIONS,
    )

    assert wanted.events == {"initiated", "completed"}
    assert (wanted.timeout_s, wanted.time_limit_s) == (25, 180)
    assert wanted.detection == Detection("Enable", is_async=True, callback=Webhook("https://h/amd", "POST"))
    assert wanted.warnings == ()


def test_defaults_are_twilios() -> None:
    wanted = parse_create(GOOD, OPTIONS)

    assert wanted.events == {"completed"}
    assert (wanted.timeout_s, wanted.time_limit_s, wanted.detection) == (60, None, None)


def test_twiml_is_ignored_when_a_url_is_given() -> None:
    wanted = parse_create(GOOD | {"Twiml": ["x" * 5000]}, OPTIONS)

    assert wanted.script.twiml is None
    assert wanted.warnings == ((0, "Twiml is ignored because Url is given"),)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": []}, 21201),
        ({"From": []}, 21213),
        ({"From": ["Shop"]}, 21212),
        ({"From": ["+38344999999"]}, 21210),
        ({"To": ["044123456"]}, 21211),
        ({"To": ["+38344000001"]}, 21211),
        ({"To": ["+15005550001"]}, 21217),
        ({"To": ["+15005550002"]}, 21214),
        ({"To": ["+15005550004"]}, 21216),
        ({"To": ["+4915112345678"]}, 21215),
        ({"Url": []}, 21205),
        ({"Url": ["h/voice"]}, 21205),
        ({"Url": ["https://my_host/voice"]}, 21205),
        ({"Url": [], "Twiml": ["x" * 4001]}, 32018),
        ({"ApplicationSid": ["AP1"]}, 21218),
        ({"Method": ["PUT"]}, 21209),
        ({"Timeout": ["601"]}, 21208),
        ({"Timeout": ["soon"]}, 21208),
        ({"TimeLimit": ["0"]}, 20001),
        ({"SendDigits": ["1x"]}, 21206),
        ({"StatusCallback": ["nowhere"]}, 21609),
        ({"StatusCallbackEvent": ["initiated ringing"]}, 21626),
        ({"MachineDetection": ["true"]}, 20001),
        ({"MachineDetection": ["Enable"], "AsyncAmd": ["True"]}, 20001),
        ({"MachineDetection": ["Enable"], "MachineDetectionTimeout": ["60"]}, 20001),
        ({"To": ["+38344123456", "+38344123457"]}, 20001),
    ],
)
def test_a_refusal_has_twilios_code(change: dict[str, list[str]], code: int) -> None:
    with pytest.raises(RestError) as refused:
        parse_create(GOOD | change, OPTIONS)

    assert refused.value.code == code


def test_a_trial_account_calls_only_verified_numbers() -> None:
    trial = Options("AC" + "0" * 32, "token", verified_numbers=frozenset({"+38344111111"}))

    with pytest.raises(RestError, match="not verified") as refused:
        parse_create(GOOD, trial)

    assert refused.value.code == 21219


@pytest.mark.parametrize(
    ("to", "from_", "code"),
    [
        ("+38344111111", "+38344000001", None),
        ("+38344111111", "+38344000002", 573002),
        ("+38344222222", "+38344000001", 573005),
        ("+38344333333", "+38344000001", 21219),
    ],
)
def test_a_trial_account_calls_each_number_only_from_the_one_assigned_to_it(to: str, from_: str, code: int | None) -> None:
    trial = Options(
        "AC" + "0" * 32,
        "token",
        assigned_numbers={"+38344111111": "+38344000001"},
        unverified_numbers=frozenset({"+38344222222"}),
    )
    form = GOOD | {"To": [to], "From": [from_]}

    if code is None:
        assert parse_create(form, trial).to == to
        return
    with pytest.raises(RestError) as refused:
        parse_create(form, trial)
    assert (refused.value.code, refused.value.status) == (code, 400)


def test_what_only_earns_a_warning() -> None:
    alone = parse_create(GOOD | {"MachineDetection": ["Enable"], "AsyncAmd": ["true"]}, OPTIONS)
    misplaced = parse_create(GOOD | {"AsyncAmd": ["true"]}, OPTIONS)
    unknown = parse_create(GOOD | {"Timelimit": ["5"]}, OPTIONS)

    assert [code for code, _ in alone.warnings] == [21262]
    assert [code for code, _ in misplaced.warnings] == [21263]
    assert "Timelimit" in unknown.warnings[0][1]


def test_digits_switch_detection_off() -> None:
    wanted = parse_create(GOOD | {"MachineDetection": ["Enable"], "SendDigits": ["ww12#"]}, OPTIONS)

    assert wanted.detection is None


def test_an_update_ends_or_redirects_but_not_both() -> None:
    assert parse_update({"Status": ["completed"]}).status == "completed"
    assert parse_update({"Twiml": ["<Response/>"]}).script is not None
    with pytest.raises(RestError):
        parse_update({"Status": ["completed"], "Twiml": ["<Response/>"]})
    with pytest.raises(RestError):
        parse_update({"Status": ["ringing"]})
    with pytest.raises(RestError):
        parse_update({"Url": ["https://h"], "Twiml": ["<Response/>"]})
