"""Settings by environment variables: each documented here, each wrong value refused by its name.

`SETTINGS` is the documentation: `exigible settings` prints it and docs/how_to/settings.md is
checked against it. Nothing here imports Django, so that a wrong value is refused before anything
starts.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import platformdirs


class WrongSetting(Exception):
    """An environment variable holds a value that cannot be used; the message is for the user."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name} : {problem}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its name, what it is for, what it is without it."""

    name: str
    purpose: str
    default: str


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "EXIGIBLE_HOME",
        "Dossier des données : base embarquée, documents, clé secrète.",
        "le dossier de données de l’utilisateur",
    ),
    Setting(
        "EXIGIBLE_DATABASE_URL",
        "Serveur PostgreSQL à utiliser à la place de la base embarquée, sous la forme "
        "postgresql://utilisateur:motdepasse@serveur:5432/base.",
        "base embarquée",
    ),
    Setting("EXIGIBLE_HOST", "Adresse d’écoute du serveur web.", "127.0.0.1"),
    Setting("EXIGIBLE_PORT", "Port du serveur web.", "8410"),
    Setting(
        "EXIGIBLE_ALLOWED_HOSTS",
        "Noms par lesquels le serveur accepte d’être appelé, séparés par des virgules.",
        "localhost et 127.0.0.1",
    ),
    Setting(
        "EXIGIBLE_BASE_URL",
        "Adresse publique, celle des liens dans les messages ; https active les cookies sécurisés.",
        "http://localhost:<port>",
    ),
    Setting(
        "EXIGIBLE_SECRET_KEY",
        "Clé des sessions et des liens signés, 32 caractères au moins.",
        "créée dans EXIGIBLE_HOME au premier démarrage",
    ),
    Setting(
        "EXIGIBLE_SMTP_URL",
        "Serveur d’envoi des e-mails : smtp://, smtps:// ou smtp+starttls://"
        "utilisateur:motdepasse@serveur:port. Sans elle, aucun e-mail ne part.",
        "aucun envoi",
    ),
    Setting(
        "EXIGIBLE_RECHERCHE_URL",
        "Adresse de l’API Recherche d’entreprises, interrogée quand quelqu’un le demande ; "
        "« non » pour ne jamais l’interroger.",
        "https://recherche-entreprises.api.gouv.fr",
    ),
    Setting(
        "EXIGIBLE_SIRENE_URL",
        "Adresse de l’API Sirene (INSEE) ; sert avec une clé.",
        "https://api.insee.fr/api-sirene/3.11",
    ),
    Setting(
        "EXIGIBLE_SIRENE_KEY",
        "Clé d’intégration de l’API Sirene. Sans elle, Sirene n’est pas interrogé.",
        "aucune",
    ),
    Setting(
        "EXIGIBLE_RNE_URL",
        "Adresse de l’API du registre national des entreprises (INPI) ; sert avec un compte.",
        "https://registre-national-entreprises.inpi.fr/api",
    ),
    Setting(
        "EXIGIBLE_RNE_USER",
        "Compte de l’API du RNE. Sans lui, le RNE n’est pas interrogé.",
        "aucun",
    ),
    Setting("EXIGIBLE_RNE_PASSWORD", "Mot de passe de ce compte.", "aucun"),
    Setting(
        "EXIGIBLE_DROP_ROOT",
        "Dossier sous lequel se trouvent les dossiers surveillés ; aucun autre ne peut l’être.",
        "le dossier « depots » de EXIGIBLE_HOME",
    ),
    Setting(
        "EXIGIBLE_LOOK_SECONDS",
        "Intervalle, en secondes, entre deux regards sur les dossiers surveillés et les boîtes e-mail.",
        "10",
    ),
    Setting("EXIGIBLE_WEB_THREADS", "Requêtes servies en même temps par le processus web.", "8"),
    Setting("EXIGIBLE_WORKERS", "Nombre de processus de travail lancés par « serve ».", "1"),
    Setting(
        "EXIGIBLE_RUN_AT",
        "Heure de Paris du passage quotidien, HH:MM ; vide pour le désactiver.",
        "05:30",
    ),
    Setting(
        "EXIGIBLE_PG_USER",
        "Lancé par root : utilisateur système sous lequel tourne la base embarquée.",
        "exigible",
    ),
    Setting("EXIGIBLE_DEBUG", "1 pour les pages d’erreur détaillées du développement.", "0"),
)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where e-mails are handed over. `security` is "plain", "starttls" or "tls"."""

    host: str
    port: int
    user: str
    password: str
    security: str

    def __repr__(self) -> str:  # never print the password
        return f"SmtpServer({self.security}, {self.user or '-'}@{self.host}:{self.port})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Every setting, read and checked."""

    home: Path
    database: dict[str, object] | None  # Django's DATABASES keys; None: embedded
    host: str
    port: int
    allowed_hosts: tuple[str, ...]
    base_url: str
    secret_key: str | None
    smtp: SmtpServer | None
    recherche_url: str  # "" where it is never asked
    sirene_url: str
    sirene_key: str = field(repr=False)
    rne_url: str
    rne_user: str
    rne_password: str = field(repr=False)
    drop_root: Path
    look_seconds: int
    web_threads: int
    workers: int
    run_at: str
    pg_user: str
    debug: bool


def read_environment(variables: Mapping[str, str] | None = None) -> Environment:
    """Read every `EXIGIBLE_…` variable; raise WrongSetting naming the first that is wrong."""
    values = os.environ if variables is None else variables
    known = {setting.name for setting in SETTINGS}
    for name in values:
        if name.startswith("EXIGIBLE_") and name not in known and name not in _OUTSIDE:
            raise WrongSetting(
                name,
                "ce réglage n’existe pas. « exigible settings » donne la liste de ceux qui existent.",
            )

    def get(name: str, default: str = "") -> str:
        return values.get(name, "").strip() or default

    port = _number("EXIGIBLE_PORT", get("EXIGIBLE_PORT", "8410"), 1, 65535)
    base_url = get("EXIGIBLE_BASE_URL", f"http://localhost:{port}").rstrip("/")
    if urlsplit(base_url).scheme not in {"http", "https"} or not urlsplit(base_url).hostname:
        raise WrongSetting(
            "EXIGIBLE_BASE_URL",
            f"« {base_url} » n’est pas une adresse complète. Exemple : https://recouvrement.exemple.fr",
        )
    secret = get("EXIGIBLE_SECRET_KEY")
    if secret and len(secret) < 32:
        raise WrongSetting(
            "EXIGIBLE_SECRET_KEY", f"{len(secret)} caractères, il en faut au moins 32."
        )
    hosts = get("EXIGIBLE_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
    allowed = {part.strip() for part in hosts.split(",") if part.strip()}
    allowed.add(urlsplit(base_url).hostname or "localhost")
    home = _home(get("EXIGIBLE_HOME"))
    return Environment(
        home=home,
        database=_optional(_database, get("EXIGIBLE_DATABASE_URL")),
        host=get("EXIGIBLE_HOST", "127.0.0.1"),
        port=port,
        allowed_hosts=tuple(sorted(allowed)),
        base_url=base_url,
        secret_key=secret or None,
        smtp=_optional(_smtp, get("EXIGIBLE_SMTP_URL")),
        **_registers(get),
        drop_root=_drop_root(get("EXIGIBLE_DROP_ROOT"), home),
        look_seconds=_number("EXIGIBLE_LOOK_SECONDS", get("EXIGIBLE_LOOK_SECONDS", "10"), 1, 3600),
        web_threads=_number("EXIGIBLE_WEB_THREADS", get("EXIGIBLE_WEB_THREADS", "8"), 1, 200),
        workers=_number("EXIGIBLE_WORKERS", get("EXIGIBLE_WORKERS", "1"), 1, 64),
        run_at=_hour(values.get("EXIGIBLE_RUN_AT", "05:30").strip()),
        pg_user=get("EXIGIBLE_PG_USER", "exigible"),
        debug=_yes_or_no("EXIGIBLE_DEBUG", get("EXIGIBLE_DEBUG", "0")),
    )


def secret_key_of(environment: Environment) -> str:
    """Return the secret key, creating it in the home (readable by its owner only) if needed."""
    if environment.secret_key:
        return environment.secret_key
    path = environment.home / "secret-key"
    try:
        key = path.read_text(encoding="ascii").strip()
        if len(key) >= 32:
            return key
    except FileNotFoundError:
        pass
    environment.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"secret-key.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.write(secrets.token_urlsafe(48))
    try:
        os.link(draft, path)  # the first of several commands started together wins
    except FileExistsError:
        pass
    except OSError:
        draft.replace(path)  # file systems without hard links
    draft.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip()


def temporary_folder_of(environment: Environment) -> Path:
    """Return the home's folder for files on their way in, created if needed.

    They are as secret as what is kept, and may be larger than /tmp, which is often in memory.
    """
    folder = environment.home / "tmp"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


# Variables of the tests and benchmarks, which no part of the product reads.
_OUTSIDE = frozenset({"EXIGIBLE_CMD", "EXIGIBLE_TIMEOUT", "EXIGIBLE_CHROMIUM"})


def _optional[T](read: Callable[[str], T], value: str) -> T | None:
    return read(value) if value else None


def _home(value: str) -> Path:
    if not value:
        return Path(platformdirs.user_data_dir("exigible", appauthor=False))
    path = Path(value).expanduser()
    if not path.is_absolute():
        path = Path.cwd() / path
    if path.exists() and not path.is_dir():
        raise WrongSetting("EXIGIBLE_HOME", f"« {path} » n’est pas un dossier.")
    return path


def _drop_root(value: str, home: Path) -> Path:
    """Return the folder above those watched: never the whole disk, nor what the home keeps."""
    name = "EXIGIBLE_DROP_ROOT"
    if not value:
        return home / "depots"
    path = Path(value).expanduser()
    if not path.is_absolute() or path == Path(path.anchor):
        raise WrongSetting(name, f"« {value} » n’est pas le chemin complet d’un dossier.")
    if path.exists() and not path.is_dir():
        raise WrongSetting(name, f"« {path} » n’est pas un dossier.")
    if home.resolve().is_relative_to(path.resolve()):
        raise WrongSetting(
            name, "ce dossier contient EXIGIBLE_HOME : un dossier surveillé pourrait l’ouvrir."
        )
    return path


def _database(value: str) -> dict[str, object]:
    name = "EXIGIBLE_DATABASE_URL"
    parts = urlsplit(value)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise WrongSetting(
            name,
            f"le schéma « {parts.scheme or value[:20]} » n’est pas connu ; "
            "l’adresse commence par postgresql://",
        )
    try:
        port = parts.port
    except ValueError:
        raise WrongSetting(name, "le port n’est pas un nombre entre 1 et 65535.") from None
    options = dict(parse_qsl(parts.query))
    database = unquote(parts.path.lstrip("/"))
    if not database:
        raise WrongSetting(
            name, "le nom de la base manque : postgresql://utilisateur@serveur:5432/base"
        )
    host = options.pop("host", parts.hostname or "")
    return {
        "NAME": database,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or options.pop("port", "")),
        "OPTIONS": options,
    }


def _smtp(value: str) -> SmtpServer:
    name = "EXIGIBLE_SMTP_URL"
    parts = urlsplit(value)
    kinds = {
        "smtp": ("plain", 25),
        "smtps": ("tls", 465),
        "smtp+starttls": ("starttls", 587),
    }
    if parts.scheme not in kinds:
        raise WrongSetting(
            name,
            f"« {parts.scheme} » n’est pas connu ; écrivez smtp://, smtps:// ou smtp+starttls://",
        )
    try:
        port = parts.port
    except ValueError:
        raise WrongSetting(name, "le port n’est pas un nombre entre 1 et 65535.") from None
    if not parts.hostname:
        raise WrongSetting(name, "le nom du serveur manque.")
    security, usual_port = kinds[parts.scheme]
    return SmtpServer(
        host=parts.hostname,
        port=port or usual_port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        security=security,
    )


def _registers(get: Callable[[str], str]) -> dict[str, str]:
    """Read the settings of public registers: each address whole, each key with its address."""
    read = {}
    for name, public in _REGISTERS.items():
        typed = get(f"EXIGIBLE_{name.upper()}")
        read[name] = "" if typed == "non" else _http(f"EXIGIBLE_{name.upper()}", typed or public)
    for name in ("sirene_key", "rne_user", "rne_password"):
        setting = f"EXIGIBLE_{name.upper()}"
        read[name] = get(setting)
        if not (read[name].isascii() and read[name].isprintable()):
            raise WrongSetting(setting, "elle porte des signes qu’un en-tête ne transporte pas.")
    if bool(read["rne_user"]) != bool(read["rne_password"]):
        missing = "EXIGIBLE_RNE_USER" if read["rne_password"] else "EXIGIBLE_RNE_PASSWORD"
        raise WrongSetting(missing, "le compte du RNE demande un nom et un mot de passe.")
    for url, secret in (("sirene_url", "sirene_key"), ("rne_url", "rne_password")):
        if read[secret] and read[url].startswith("http://") and not _is_local(read[url]):
            raise WrongSetting(
                f"EXIGIBLE_{url.upper()}",
                "la clé partirait en clair ; l’adresse commence par https://",
            )
    return read


_REGISTERS = {
    "recherche_url": "https://recherche-entreprises.api.gouv.fr",
    "sirene_url": "https://api.insee.fr/api-sirene/3.11",
    "rne_url": "https://registre-national-entreprises.inpi.fr/api",
}


def _http(name: str, value: str) -> str:
    parts = urlsplit(value)
    try:
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.username or parts.query or parts.fragment:
        raise WrongSetting(
            name,
            f"« {value[:60]} » n’est pas une adresse complète et nue. Exemple : https://api.exemple.fr",
        )
    return value.rstrip("/")


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}


def _number(name: str, value: str, least: int, most: int) -> int:
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise WrongSetting(name, f"« {value} » n’est pas un nombre entre {least} et {most}.")
    return int(value)


def _hour(value: str) -> str:
    if not value:
        return ""
    hours, separator, minutes = value.partition(":")
    if (
        separator
        and len(minutes) == 2
        and (hours + minutes).isascii()
        and (hours + minutes).isdigit()
        and int(hours) < 24
        and int(minutes) < 60
    ):
        return f"{int(hours):02d}:{minutes}"
    raise WrongSetting("EXIGIBLE_RUN_AT", f"« {value} » n’est pas une heure ; écrivez 05:30.")


def _yes_or_no(name: str, value: str) -> bool:
    if value not in {"0", "1"}:
        raise WrongSetting(name, f"« {value} » : écrivez 0 ou 1.")
    return value == "1"
