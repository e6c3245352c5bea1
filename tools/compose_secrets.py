"""`make secrets`: writes the files of secrets that docker-compose.yml gives to its containers, each to those that use it.

The values come from `.env` (or the file that ENV_FILE names), the folder is `secrets/` (or the one that SECRETS names there).
Passwords of Redis's users are made once and kept. Run it again after a change of `.env`, then `docker compose up --force-recreate`.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from shared.settings.environ import EXIT_CODE, read_environ, secret_text
from tools.generators.all_settings import setting_faults
from tools.redis_users import USER_OF_SERVICE, acl_file, kept_passwords, shops_of, user_url, write_urls
from tools.stack import PROJECT

COPIED = ("API_KEYS", "SIGNING_SECRET", "ENCRYPTION_KEYS", "OPENAI_API_KEY", "TWILIO_AUTH_TOKEN")
_VALKEY = "redis://valkey:6379/0"
_READABLE = 0o644  # a container's user has another id than ours; nobody else on this machine gets into the folder


def write_secrets(environ: Mapping[str, str], folder: Path) -> None:
    """Write the files; other users of this machine can't reach them, because the folder is closed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    passwords = kept_passwords(folder / "redis-users.json", shops_of(environ))
    redis_url = environ.get("COMPOSE_REDIS_URL") or _VALKEY
    files = {name.lower(): secret_text(name, environ) for name in COPIED}
    files |= {f"redis_url_{service}": user_url(redis_url, user, passwords[user]) for service, user in USER_OF_SERVICE.items()}
    files["users.acl"] = acl_file(passwords)
    for name, text in files.items():
        path = folder / name
        path.write_text(text, "utf-8")
        path.chmod(_READABLE)
    write_urls(folder, redis_url, passwords)


def main() -> int:
    """Check the settings and write the files; return the exit code."""
    environ = read_environ()
    if faults := setting_faults(environ):
        sys.stderr.write("wrong settings: " + "; ".join(faults) + "\n")
        return EXIT_CODE
    folder = PROJECT / (environ.get("SECRETS") or "secrets")
    write_secrets(environ, folder)
    print(
        f"written to {folder}; the REDIS_URL of each shop's own system is in redis_url_crm_SHOP there, yours in redis_url_operator"
    )
    if not environ.get("COMPOSE_REDIS_URL") and secret_text("REDIS_URL", environ):
        print("containers do not read REDIS_URL: they get a Valkey of their own, or the Redis of COMPOSE_REDIS_URL (docs/crm.md)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
