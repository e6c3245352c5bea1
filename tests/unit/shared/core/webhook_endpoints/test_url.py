"""Webhooks go to the internet and nowhere else."""

import pytest

from shared.core.webhook_endpoints.url import is_public, url_fault


@pytest.mark.parametrize(
    "url",
    ["https://shop.example/hooks?x=1", "https://shop.example:443/", "https://hooks.shop.example:8443/", "https://93.184.216.34/a"],
)
def test_public_https_is_taken(url: str) -> None:
    assert url_fault(url, allows_private=False) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hooks",
        "ftp://shop.example/",
        "https:///hooks",
        "https://user:secret@shop.example/",
        "https://shop.example/#part",
        "https://shop.example:0/",
        "https://shop.example:80/",
        "https://shop.example:22/",
        "https://shop.example:6379/",
        "https://[fec0::1]/",
        "https://shop.example:99999/",
        "https://[::1/",
        "https://shop.example/" + "a" * 500,
        "https://shop.example/a b",
        "https://dyqan.example/ë",
        "https://localhost/",
        "https://redis/",
        "https://api.internal/",
        "https://printer.local/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.0.0.1/",
        "https://10.0.0.8/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.8]/",
        "",
        "hooks",
    ],
)
def test_all_else_is_refused(url: str) -> None:
    assert url_fault(url, allows_private=False)


def test_trials_on_one_machine_may_be_allowed() -> None:
    assert url_fault("http://127.0.0.1:8080/hooks", allows_private=True) is None
    assert url_fault("http://user@127.0.0.1/", allows_private=True)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822", "::ffff:93.184.216.34"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "10.1.2.3",
        "100.64.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "fec0::1",
        "feff::1",
        "::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:2::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:c0a8:101::1",
        "2620:4f:8000::1",
        "3fff::1",
        "5f00::1",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.31.196.1",
        "192.52.193.1",
        "192.175.48.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "::ffff:192.88.99.1",
        "nothing",
    ],
)
def test_private_addresses_in_every_disguise(address: str) -> None:
    assert not is_public(address)
