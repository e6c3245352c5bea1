"""What `make doctor` says of an account at Twilio, by Twilio's own description of it."""

from collections.abc import Mapping

from tools.finding import Finding

_TRIAL = (
    "the account is a trial one: it calls only the numbers that were verified for it, each from the one number that Twilio "
    "assigned to it, and plays a notice first"
)


def account_findings(account: Mapping[str, object], from_numbers: tuple[str, ...]) -> list[Finding]:
    """Return what an operator should know of the account.

    `account` is the JSON of `GET /2010-04-01/Accounts/{sid}.json`: `status` is `active`, `suspended` or `closed`, `type` is `Trial`
    or `Full`.
    """
    status, kind = str(account.get("status", "active")).lower(), str(account.get("type", "")).lower()
    if status != "active":
        return [Finding(f"the account is {status}", "Twilio's console says why; no call is placed until it is active")]
    if kind != "trial":
        return []
    if len(from_numbers) == 1:
        return [Finding(_TRIAL)]
    fix = "keep in TWILIO_FROM_NUMBERS the number that is assigned to your recipients: they are used in turn, the others get 573002"
    return [Finding(_TRIAL, f"{fix}; or upgrade the account")]


def refusal_fix(region: str | None) -> str:
    """Return what to do when Twilio refuses the account's token; `region` is TWILIO_REGION."""
    where = "console, Account Info" if region is None else f"console, region {region.upper()}: each region has tokens of its own"
    return f"correct TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN ({where})"
