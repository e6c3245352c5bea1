"""Loads a call's TwiML: an inline document, or the answer of a webhook, with its fallback."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from simulators.twilio.call.call import Call
from simulators.twilio.call.request import Script, Webhook
from simulators.twilio.call.webhooks import WebhookFailedError, Webhooks
from simulators.twilio.twiml.parser import TwimlError, parse
from simulators.twilio.twiml.verbs import Verb

_XML = frozenset({"text/xml", "application/xml"})


@dataclass(frozen=True, slots=True)
class Source:
    """A document to run: `script` says where it comes from; the request carries `parameters` (`Digits`, ...)."""

    script: Script
    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, webhook: Webhook, parameters: Mapping[str, str] | None = None) -> "Source":
        """Return the source for a webhook's document."""
        return cls(Script(None, webhook, None), parameters or {})


@dataclass(frozen=True, slots=True)
class Document:
    """The verbs to run, and the webhook that returned them (None for an inline document)."""

    verbs: tuple[Verb, ...]
    webhook: Webhook | None

    def resolve(self, url: str | None, method: str) -> Webhook:
        """Return the webhook for a verb's URL; without a URL it is the document's own.

        Raises:
            TwimlError: 11100, the document is inline and the URL relative.
        """
        base = self.webhook.url if self.webhook else ""
        full = urljoin(base, url or "")
        if urlsplit(full).scheme not in ("http", "https"):
            raise TwimlError(11100, f"{url or 'an empty URL'} is relative and the document is inline")
        return Webhook(full, method)


class Documents:
    """Loads documents; the call's ledger records every request and its answer."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    async def load(self, call: Call, source: Source) -> Document:
        """Return the document, from the fallback if necessary.

        Raises:
            TwimlError: No document can be run.
        """
        script = source.script
        try:
            if script.webhook is None:
                return Document(parse(script.twiml or ""), None)
            return await self._fetch(call, script.webhook, source.parameters)
        except TwimlError as failure:
            if script.fallback is None:
                raise
            call.ledger.fail(failure.code, str(failure))
            about = {"ErrorCode": str(failure.code), "ErrorUrl": script.webhook.url if script.webhook else ""}
            return await self._fetch(call, script.fallback, {**source.parameters, **about})

    async def _fetch(self, call: Call, webhook: Webhook, parameters: Mapping[str, str]) -> Document:
        sent = call.voice_parameters() | dict(parameters)
        if call.sync_verdict is not None:
            sent["AnsweredBy"] = call.sync_verdict
        call.ledger.note("webhook_sent", url=webhook.url, parameters=sent)
        try:
            answer = await self._webhooks.send(webhook, sent)
        except WebhookFailedError as failure:
            raise TwimlError(failure.code, f"{webhook.url}: {failure}") from failure
        call.ledger.note("webhook_answered", url=webhook.url, status=answer.status, bytes=len(answer.body))
        if answer.status >= 400:
            raise TwimlError(11200, f"{webhook.url} answered {answer.status}")
        if answer.body and answer.content_type not in _XML:
            raise TwimlError(12300, f"{webhook.url} answered {answer.content_type or 'no content type'}")
        return Document(parse(answer.body), webhook)
