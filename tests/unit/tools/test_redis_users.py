"""The ACL file is made of the template and the passwords, and holds none of them."""

import hashlib
from pathlib import Path

from tools.redis_users import acl_file, kept_passwords, new_passwords, shops_of, user_url, write_urls


def lines(shops: list[str]) -> dict[str, str]:
    return {line.split()[1]: line for line in acl_file(new_passwords(shops)).splitlines()}


def test_nobody_comes_in_without_a_login() -> None:
    assert lines([])["default"] == "user default off"


def test_every_shop_gets_its_own_user_whose_name_is_no_pattern() -> None:
    found = lines(["shop", "shop2"])
    assert "~outcomes:shop:log &outcomes:shop &events:shop " in found["crm_shop"]
    assert "~outcomes:shop2:log &outcomes:shop2 &events:shop2 " in found["crm_shop2"]
    assert "*" not in found["crm_shop"]
    assert "crm_SHOP" not in found


def test_the_file_has_digests_in_place_of_passwords() -> None:
    passwords = new_passwords(["shopaz"])
    text = acl_file(passwords)
    assert "PASSWORD" not in text
    for password in passwords.values():
        assert password not in text
        assert f"#{hashlib.sha256(password.encode()).hexdigest()}" in text


def test_only_the_health_check_needs_no_password_and_it_may_only_ping() -> None:
    without = [line for line in lines(["shopaz"]).values() if "nopass" in line]
    assert without == ["user health on nopass resetkeys resetchannels -@all +ping"]


def test_passwords_are_kept_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "users.json"
    first = kept_passwords(path, ["shopaz"])
    second = kept_passwords(path, ["shopaz", "gjirafa"])
    assert first.items() <= second.items()
    assert "crm_gjirafa" in second
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_login_is_put_into_any_url_of_a_server() -> None:
    assert user_url("redis://valkey:6379/0", "webhook", "p") == "redis://webhook:p@valkey:6379/0"
    assert user_url("unix:///run/valkey.sock?db=1", "bridge", "p") == "unix://bridge:p@/run/valkey.sock?db=1"
    assert user_url("redis://own:login@redis:6379/0", "webhook", "p") == "redis://own:login@redis:6379/0"


def test_the_shops_are_those_of_the_keys_wherever_the_keys_are(tmp_path: Path) -> None:
    keys = "shopaz:0123456789abcdef,gjirafa:fedcba9876543210,shopaz:another-key-of-it"
    (tmp_path / "api_keys").write_text(f"{keys}\n")
    assert shops_of({"API_KEYS": keys}) == ["gjirafa", "shopaz"]
    assert shops_of({"API_KEYS_FILE": str(tmp_path / "api_keys")}) == ["gjirafa", "shopaz"]
    assert shops_of({}) == []


def test_each_shops_system_gets_its_url_in_a_file_of_its_own(tmp_path: Path) -> None:
    write_urls(tmp_path, "redis://valkey:6379/0", new_passwords(["left"]))
    passwords = new_passwords(["shopaz"])
    files = write_urls(tmp_path, "redis://valkey:6379/0", passwords)

    assert files == {"shopaz": tmp_path / "redis_url_crm_shopaz"}
    assert {path.name for path in tmp_path.iterdir()} == {"redis_url_crm_shopaz", "redis_url_operator"}
    assert files["shopaz"].read_text() == f"redis://crm_shopaz:{passwords['crm_shopaz']}@valkey:6379/0\n"
    assert files["shopaz"].stat().st_mode & 0o777 == 0o600


def test_the_services_own_login_is_given_to_no_shop(tmp_path: Path) -> None:
    assert write_urls(tmp_path, "rediss://own:login@redis.example:6379/0", new_passwords(["shopaz"])) == {}
    assert list(tmp_path.iterdir()) == []
