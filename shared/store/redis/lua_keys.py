"""Puts the names of `shared/store/keys.py` into the Lua scripts, so that each is written once.

A script reads as if there were a table `keys`: `keys.PARKED`, `keys.line(phone)`. Each use is replaced by the text itself when
the script is loaded: a real table would be made anew in each run, which costs 2 to 5 µs.
"""

import inspect
import re

from shared.store import keys

_USE = re.compile(r"\bkeys\.(\w+)(?:\(([^()]*)\))?")
_MARK = "\0"  # around a parameter; no key contains it


def with_keys(source: str) -> str:
    """Return a script's `source` with each `keys.CONSTANT` and `keys.function(arguments)` replaced by the Lua for that name.

    Raises:
        AttributeError: `keys.py` does not have the name.
        TypeError: It is used with the wrong number of arguments; an argument may not contain parentheses.
    """
    return _USE.sub(_lua, source)


def _lua(use: re.Match[str]) -> str:
    name, arguments = use.groups()
    pattern = getattr(keys, name)
    if isinstance(pattern, str) and arguments is None:
        return f"'{pattern}'"
    if isinstance(pattern, str) or arguments is None:
        raise TypeError(f"{use[0]}: a constant has no arguments, a function has some")
    bound = inspect.signature(pattern).bind(*(f"{_MARK}{argument.strip()}{_MARK}" for argument in arguments.split(",")))
    pieces = pattern(*bound.args).split(_MARK)  # texts of the pattern and arguments of the script in turn
    operands = (piece if index % 2 else f"'{piece}'" for index, piece in enumerate(pieces) if piece)
    return f"({' .. '.join(operands)})"
