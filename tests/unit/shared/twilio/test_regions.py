"""The host of Twilio's REST API by region and edge."""

import pytest

from shared.twilio.regions import Edge, Region, api_origin


@pytest.mark.parametrize(
    ("region", "edge", "origin"),
    [
        (None, None, "https://api.twilio.com"),
        ("ie1", None, "https://api.dublin.ie1.twilio.com"),
        ("ie1", "frankfurt", "https://api.frankfurt.ie1.twilio.com"),
        (None, "frankfurt", "https://api.frankfurt.us1.twilio.com"),
        ("us1", None, "https://api.ashburn.us1.twilio.com"),
        ("au1", None, "https://api.sydney.au1.twilio.com"),
    ],
)
def test_the_host_names_edge_and_region(region: Region | None, edge: Edge | None, origin: str) -> None:
    assert api_origin(region, edge) == origin
