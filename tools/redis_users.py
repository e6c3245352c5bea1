"""Redis's users: the ACL file that Valkey loads, made of `deploy/users.acl` and the users' passwords, and the URL of each."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from shared.settings.environ import secret_text

TEMPLATE = Path(__file__).resolve().parent.parent / "deploy" / "users.acl"
OPERATOR = "operator"
USER_OF_SERVICE: Mapping[str, str] = {"webhook": "webhook", "media_bridge": "bridge", "dialer_worker": "dialer"}
_CRM, _URL = "crm_", "redis_url_"
_PASSWORD, _SHOP = "PASSWORD", "SHOP"  # what the template has in their place


def crm_user(shop: str) -> str:
    """Return the name of the user of a shop's system."""
    return f"{_CRM}{shop}"


def new_passwords(shops: Iterable[str]) -> dict[str, str]:
    """Return a random password for each user that has one."""
    users = (OPERATOR, *USER_OF_SERVICE.values(), *map(crm_user, shops))
    return {user: secrets.token_hex(24) for user in users}


def kept_passwords(path: Path, shops: Iterable[str]) -> dict[str, str]:
    """Return the passwords that the file holds, with new ones for users who have none; store them there for this user alone."""
    known = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    passwords = {user: known.get(user, password) for user, password in new_passwords(shops).items()}
    write_private(path, json.dumps(passwords, indent=2) + "\n")
    return passwords


def acl_file(passwords: Mapping[str, str], template: str | None = None) -> str:
    """Return the text of Redis's `aclfile`: one line for each user of the template, and for each shop's in `passwords`."""
    lines = []
    for line in _joined_lines(TEMPLATE.read_text("utf-8") if template is None else template):
        user = line.split()[1]
        if user == crm_user(_SHOP):
            shops = [name.removeprefix(_CRM) for name in passwords if name.startswith(_CRM)]
            lines += [_with_password(line.replace(_SHOP, shop), passwords[crm_user(shop)]) for shop in shops]
        else:
            lines.append(_with_password(line, passwords.get(user, "")))
    return "".join(f"{line}\n" for line in lines)


def user_url(redis_url: str, user: str, password: str) -> str:
    """Return the URL of a server with this user's login; one that has a login already, and one of sentinels, stays as it is."""
    parts = urlsplit(redis_url)
    if parts.password is not None or "+sentinel" in parts.scheme:
        return redis_url
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{parts.netloc}").geturl()


def shops_of(environ: Mapping[str, str]) -> list[str]:
    """Return the shops that API_KEYS, or the file that API_KEYS_FILE names, has keys of."""
    pairs = secret_text("API_KEYS", environ).split(",")
    return sorted({pair.partition(":")[0].strip() for pair in pairs if pair.strip()})


def write_urls(folder: Path, redis_url: str, passwords: Mapping[str, str]) -> Mapping[str, Path]:
    """Write the REDIS_URL of the operator and of each shop's system to `redis_url_USER`; return the shops' files, by shop.

    There is none if `redis_url` has a login already: that is the services' own, and no shop's.
    """
    for left in folder.glob(f"{_URL}{_CRM}*"):  # of shops that have left
        left.unlink()
    users = [user for user in passwords if user == OPERATOR or user.startswith(_CRM)]
    urls = {user: user_url(redis_url, user, passwords[user]) for user in users}
    files = {user: folder / f"{_URL}{user}" for user, url in urls.items() if url != redis_url}
    for user, file in files.items():
        write_private(file, urls[user] + "\n")
    return {user.removeprefix(_CRM): file for user, file in files.items() if user != OPERATOR}


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user may read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _joined_lines(template: str) -> list[str]:
    lines: list[str] = []
    for line in template.splitlines():
        if line.startswith(" "):
            lines[-1] += f" {line.strip()}"
        elif line and not line.startswith("#"):
            lines.append(line)
    return lines


def _with_password(line: str, password: str) -> str:
    digest = hashlib.sha256(password.encode()).hexdigest()
    return " ".join(f"#{digest}" if word == _PASSWORD else word for word in line.split())
