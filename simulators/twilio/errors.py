"""Twilio's REST errors: the codes that a dialer may get, with their messages and HTTP status."""

from collections.abc import Mapping

MESSAGES: Mapping[int, str] = {
    10001: "Account is not active",
    10002: "Trial account does not support this feature",
    10004: "Call concurrency limit exceeded",
    10005: "Calling is disabled",
    13223: "Dial: Invalid phone number format",
    13224: "Dial: Invalid phone number",
    13225: "Dial: Forbidden phone number",
    13226: "Dial: Invalid country code",
    13227: "Dial: No international authorization",
    20001: "Invalid parameter",
    20003: "Authenticate",
    20005: "Account is not active",
    20008: "Resource not accessible with Test Account Credentials",
    20404: "The requested resource was not found",
    20409: "Conflict",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    20503: "Service unavailable",
    21201: "No 'To' number is specified",
    21205: "Url parameter is invalid",
    21206: "Invalid SendDigits",
    21208: "Invalid Timeout",
    21209: "Invalid method",
    21210: "The source phone number provided is not yet verified for your account",
    21211: "Invalid 'To' Phone Number",
    21212: "Invalid 'From' Phone Number",
    21213: "'From' phone number is required",
    21214: "'To' phone number cannot be reached",
    21215: "Account not authorized to make calls to this country",
    21216: "Account not allowed to call this number",
    21217: "Phone number does not appear to be valid",
    21218: "Invalid ApplicationSid",
    21219: "'To' phone number not verified",
    21220: "Call is not in-progress. Cannot redirect.",
    21609: "Invalid StatusCallback url",
    21626: "Invalid StatusCallbackEvent",
    32018: "The Twiml parameter is too large",
    573002: "'From' is not the number that is assigned to this recipient",
    573005: "The number was added and is not verified yet",
}
_STATUS: Mapping[int, int] = {
    20003: 401,
    20005: 403,
    20008: 403,
    20404: 404,
    20409: 409,
    20429: 429,
    20500: 500,
    20503: 503,
}


class RestError(Exception):
    """An error answer of Twilio's REST API."""

    def __init__(self, code: int, detail: str = "", *, status: int | None = None) -> None:
        self.code = code
        self.status = status or _STATUS.get(code, 400)
        self.message = f"{MESSAGES.get(code, 'Error')}{': ' if detail else ''}{detail}"
        super().__init__(self.message)

    def body(self) -> dict[str, object]:
        """Return the JSON body of the answer."""
        more_info = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": self.message, "more_info": more_info, "status": self.status}
