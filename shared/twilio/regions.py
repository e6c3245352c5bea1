"""The host of Twilio's REST API: the region is where the account's data is processed, the edge where a request enters the network.

Source: twilio-python, `Client.get_hostname`: `api.{edge}.{region}.twilio.com`; https://www.twilio.com/docs/global-infrastructure.
"""

from collections.abc import Mapping
from typing import Literal

Region = Literal["us1", "ie1", "au1"]
Edge = Literal["ashburn", "dublin", "frankfurt", "sao-paulo", "singapore", "sydney", "tokyo", "umatilla"]

US1_ORIGIN = "https://api.twilio.com"
_EDGE_OF_REGION: Mapping[Region, Edge] = {"us1": "ashburn", "ie1": "dublin", "au1": "sydney"}


def api_origin(region: Region | None, edge: Edge | None) -> str:
    """Return the origin for a region and an edge.

    A region alone is entered at the edge beside it, an edge alone leads to US1.
    """
    if region is None and edge is None:
        return US1_ORIGIN
    wanted = region or "us1"
    return f"https://api.{edge or _EDGE_OF_REGION[wanted]}.{wanted}.twilio.com"
