"""The shape of the session object in a `session.update`, as the API documents it."""

from typing import Final

from simulators.openai_realtime.events.validators import (
    Check,
    RefusedError,
    an_object,
    array,
    boolean,
    first_that_fits,
    integer,
    nullable,
    number,
    object_with,
    one_of,
    tagged,
    text,
)

_LANGUAGE_CODES = (
    "af ar az be bg bs ca cs cy da de el en es et fa fi fr gl he hi hr hu hy id is it ja kk kn ko lt lv mi mk mr ms "
    "ne nl no pl pt ro ru sk sl sr sv sw ta th tl tr uk ur vi zh"
)
TRANSCRIBED_LANGUAGES: Final = frozenset(_LANGUAGE_CODES.split())
"""The codes that the API accepts as `transcription.language`; Albanian (sq) is not among them."""

_VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
_TRANSCRIBERS = (
    "whisper-1",
    "gpt-4o-transcribe",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
    "gpt-4o-transcribe-diarize",
    "gpt-transcribe",
    "gpt-live-transcribe",
    "gpt-realtime-whisper",
)


def _language(value: object, path: str) -> None:
    if value not in TRANSCRIBED_LANGUAGES:
        supported = ", ".join(f"'{code}'" for code in sorted(TRANSCRIBED_LANGUAGES))
        message = f"Invalid value: '{value}'. Supported values are: {supported}."
        raise RefusedError("invalid_value", message, path)


def _modalities(value: object, path: str) -> None:
    array(one_of("audio", "text"))(value, path)
    if value not in (["audio"], ["text"]):
        message = f"Invalid modalities: {value}. Supported combinations are: ['text'] and ['audio']."
        raise RefusedError("invalid_value", message, path)


MODALITIES: Final[Check] = _modalities
VOICE: Final[Check] = first_that_fits(
    f"one of {', '.join(_VOICES)}, or a custom voice", one_of(*_VOICES), object_with(required={"id": text()})
)
OUTPUT_FORMAT: Final[Check] = tagged(
    "type",
    {
        "audio/pcm": object_with(required={"type": one_of("audio/pcm")}, optional={"rate": one_of(24000)}),
        "audio/pcmu": object_with(required={"type": one_of("audio/pcmu")}),
        "audio/pcma": object_with(required={"type": one_of("audio/pcma")}),
    },
)
FUNCTION_TOOL: Final[Check] = tagged(
    "type",
    {
        "function": object_with(
            required={"type": one_of("function"), "name": text(longest=64)},
            optional={"description": text(), "parameters": an_object},
        ),
        "mcp": an_object,
    },
)
TOOL_CHOICE: Final[Check] = first_that_fits(
    "'auto', 'none', 'required' or the choice of a tool",
    one_of("auto", "none", "required"),
    object_with(required={"type": one_of("function"), "name": text()}),
    object_with(required={"type": one_of("mcp"), "server_label": text()}, optional={"name": nullable(text())}),
)
_VAD_FLAGS: Final[dict[str, Check]] = {"create_response": boolean, "interrupt_response": boolean}
_TURN_DETECTION: Final[Check] = tagged(
    "type",
    {
        "server_vad": object_with(
            required={"type": one_of("server_vad")},
            optional={
                **_VAD_FLAGS,
                "threshold": number(0, 1),
                "prefix_padding_ms": integer(0, 5000),
                "silence_duration_ms": integer(0, 10000),
                "idle_timeout_ms": nullable(integer(5000, 30000)),
            },
        ),
        "semantic_vad": object_with(
            required={"type": one_of("semantic_vad")},
            optional={**_VAD_FLAGS, "eagerness": one_of("low", "medium", "high", "auto")},
        ),
    },
)
_TRANSCRIPTION: Final[Check] = object_with(
    optional={
        "model": one_of(*_TRANSCRIBERS),
        "language": _language,
        "languages": array(_language),
        "prompt": text(),
        "keywords": array(text()),
        "delay": one_of("minimal", "low", "medium", "high", "xhigh"),
    }
)
_NOISE_REDUCTION: Final[Check] = object_with(
    required={"type": one_of("near_field", "far_field")}, optional={"strength": number(0, 1)}
)
SESSION: Final[Check] = object_with(
    required={"type": one_of("realtime")},
    optional={
        "model": text(),
        "output_modalities": MODALITIES,
        "instructions": text(),
        "audio": object_with(
            optional={
                "input": object_with(
                    optional={
                        "format": OUTPUT_FORMAT,
                        "noise_reduction": nullable(_NOISE_REDUCTION),
                        "transcription": nullable(_TRANSCRIPTION),
                        "turn_detection": nullable(_TURN_DETECTION),
                    }
                ),
                "output": object_with(optional={"format": OUTPUT_FORMAT, "voice": VOICE, "speed": number(0.25, 1.5)}),
            }
        ),
        "tools": array(FUNCTION_TOOL),
        "tool_choice": TOOL_CHOICE,
        "max_output_tokens": first_that_fits("an integer from 1 to 4096 or 'inf'", integer(1, 4096), one_of("inf")),
        "truncation": first_that_fits(
            "'auto', 'disabled' or a retention ratio",
            one_of("auto", "disabled"),
            object_with(
                required={"type": one_of("retention_ratio"), "retention_ratio": number(0, 1)},
                optional={"token_limits": object_with(optional={"post_instructions": integer(0)})},
            ),
        ),
        "tracing": nullable(first_that_fits("'auto' or an object", one_of("auto"), an_object)),
        "prompt": nullable(an_object),
        "include": nullable(array(one_of("item.input_audio_transcription.logprobs"))),
        "reasoning": nullable(object_with(optional={"effort": one_of("minimal", "low", "medium", "high", "xhigh")})),
        "parallel_tool_calls": boolean,
    },
)
