"""All fuzz targets, by name."""

from collections.abc import Mapping

from tests.fuzz import bridge, sockets, stored, webhook
from tests.fuzz.target import Target

TARGETS: Mapping[str, Target] = {
    target.name: target for target in (*bridge.TARGETS, *sockets.TARGETS, *webhook.TARGETS, *stored.TARGETS)
}
