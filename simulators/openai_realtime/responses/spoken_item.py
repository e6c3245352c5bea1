"""The events of one spoken message of a response, from its content part to the end of its words; sent by `Response`."""

import base64
from collections.abc import Iterator

from simulators.openai_realtime.events.validators import Json
from simulators.openai_realtime.responses.audio_deltas import transcript_pieces
from simulators.openai_realtime.session_context.conversation import Item


class SpokenItem:
    """One item: `place` is its ids in events, `chunks` its audio, still to be sent."""

    def __init__(self, item: Item, place: Json, *, words: str, chunks: list[bytes]) -> None:
        self.item = item
        self.place = place
        self._where = {**place, "content_index": 0}
        self._chunks = chunks
        self._transcript = transcript_pieces(words)
        self._part: Json = {"type": "output_audio", "transcript": ""}
        self.sent_bytes = 0
        item.content.append(self._part)

    @property
    def pieces_left(self) -> int:
        """How many pieces of its audio are still to be sent."""
        return len(self._chunks)

    def opened(self) -> Json:
        """Return the event that begins its content."""
        return {"type": "response.content_part.added", **self._where, "part": {"type": "audio", "transcript": ""}}

    def next_words(self) -> Iterator[Json]:
        """Yield the next piece of the transcript, which runs ahead of the audio."""
        if self._transcript:
            piece = self._transcript.pop(0)
            self._part["transcript"] += piece
            yield {"type": "response.output_audio_transcript.delta", **self._where, "delta": piece}

    def next_audio(self) -> tuple[Json, int]:
        """Return the next audio delta, and its length in bytes."""
        chunk = self._chunks.pop(0)
        self.sent_bytes += len(chunk)
        delta = base64.b64encode(chunk).decode()
        return {"type": "response.output_audio.delta", **self._where, "delta": delta}, len(chunk)

    def closed(self, *, with_all_words: bool) -> Iterator[Json]:
        """Yield the events that end its content; without `with_all_words`, because of a cancel, the words not sent are dropped."""
        while with_all_words and self._transcript:
            yield from self.next_words()
        words = self._part["transcript"]
        yield {"type": "response.output_audio.done", **self._where}
        yield {"type": "response.output_audio_transcript.done", **self._where, "transcript": words}
        yield {"type": "response.content_part.done", **self._where, "part": {"type": "audio", "transcript": words}}
