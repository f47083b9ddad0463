"""Settings: one typed object from ``chiso.toml`` and ``CHISO_*``. The only place that reads the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings.exceptions import SettingsError as UnreadableValue

from catalogue.errors import SettingsError
from sources.address import SECRETS

SHIPPED = Path(__file__).parent.parent / "programmes"


class _File(TomlConfigSettingsSource):
    """The settings file. Folders that it names are meant from where it lies, from wherever chiso is called."""

    def __init__(self, settings_cls: type[BaseSettings], file: Path) -> None:
        super().__init__(settings_cls, toml_file=file)
        self._folder = file.resolve().parent

    def __call__(self) -> dict[str, Any]:
        """The values of the file, by name."""
        found = super().__call__()
        if self._folder == Path.cwd():
            return found
        folders = ("home", "archive", "secrets", "signers")
        found |= {name: self._placed(found[name]) for name in folders if name in found}
        if isinstance(named := found.get("programme"), str) and named and (self._folder / named).is_dir():
            found["programme"] = str(self._folder / named)
        if isinstance(addresses := found.get("addresses"), dict):
            found["addresses"] = {name: self._placed(one) for name, one in addresses.items()}
        return found

    def _placed(self, value: object) -> object:
        """A folder, where it lies; a URL, and what is no text, as it is."""
        if not isinstance(value, str) or not value or "://" in value:
            return value
        return str(self._folder / value)


class Settings(BaseSettings):
    """What an installation may set. Environment beats the file; the file is ``chiso.toml`` or ``CHISO_CONFIG``."""

    model_config = SettingsConfigDict(env_prefix="CHISO_", env_nested_delimiter="__", extra="forbid")

    _file: ClassVar[Path | None] = None

    home: Path = Field(default=Path("chiso-home"), description="Everything a run writes lives below it")
    programme: str = Field(
        default="", description="A shipped programme, or a folder; empty: as programmes/default.txt says"
    )
    warehouse: str = Field(default="", description="SQLAlchemy URL; empty: a DuckDB file in the home")
    archive: str = Field(default="", description="Folder or fsspec URL; empty: a folder in the home")
    addresses: dict[str, str] = Field(default={}, description="Where inboxes and portals are, by name")
    secrets: Path | None = Field(
        default=None, description="A folder with one file per secret; else CHISO_SECRET_<NAME>"
    )
    signers: Path | None = Field(
        default=None, description="The folder of the trust list of signatures; none: signers/ of the programme"
    )
    language: str = Field(default="en", description="Language of what commands print")
    batch: int = Field(default=500, ge=1, le=2000, description="Deliveries of one form that are judged at once")
    log: Literal["text", "json"] = Field(
        default="text", description="json: runs tell each step on standard error, one JSON object a line"
    )
    keep_failed: int = Field(
        default=14, ge=0, description="Days for which what failed runs staged is kept, for people to look at"
    )
    readers: int = Field(default=0, ge=0, le=64, description="Processes that read many files; 0: as many as cores")

    dask: str = Field(
        default="", description="Dask scheduler whose workers judge batches, as tcp://host:8786; empty: the run does"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 pydantic calls it with these names
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 pydantic calls it with these names
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the file."""
        named = cls._file or os.environ.get("CHISO_CONFIG")
        file = Path(named or "chiso.toml")
        if named and not file.is_file():
            raise SettingsError(f"there is no settings file {file}; write one, or leave --config out")
        return init_settings, env_settings, _File(settings_cls, file)

    def programme_folder(self) -> Path:
        """The folder of the programme: a path, or the name of a shipped one."""
        name = self.programme or (SHIPPED / "default.txt").read_text(encoding="utf-8").strip()
        return Path(name) if Path(name).is_dir() else SHIPPED / name

    def secret(self, name: str) -> str:
        """A secret by name: from the environment, else from the folder of secrets. Raises SettingsError."""
        variable = f"CHISO_SECRET_{name.upper()}"
        if variable in os.environ:
            return os.environ[variable]
        if self.secrets and (self.secrets / name).is_file():
            return (self.secrets / name).read_text().strip()
        folder = str(self.secrets) if self.secrets else 'secrets, which the settings have to name (secrets = "FOLDER")'
        raise SettingsError(
            f"secret {name!r} is not set; set {variable}, or put it into a file {name} in the folder {folder}"
        )

    def secrets_of(self, address: str) -> dict[str, str]:
        """The secrets of an address that are set, by kind: of ``inbox`` those named ``inbox_user``, ``inbox_key``."""
        found = {}
        for kind in SECRETS:
            try:
                found[kind] = self.secret(f"{address}_{kind}")
            except SettingsError:
                continue
        return found

    def address(self, name: str) -> str:
        """An address by name. Raises SettingsError."""
        if name not in self.addresses:
            raise SettingsError(
                f"address {name!r} is not set; add it to chiso.toml under [addresses], "
                f"or set CHISO_ADDRESSES__{name.upper()}"
            )
        return self.addresses[name]


def read_settings(file: Path | None = None, values: Mapping[str, Any] | None = None) -> Settings:
    """The settings of this process, from a file where one is named. Raises SettingsError, naming what is wrong."""
    chosen = type("Settings", (Settings,), {"_file": file, "__module__": __name__}) if file else Settings
    named = file or os.environ.get("CHISO_CONFIG", "chiso.toml")
    try:
        found: Settings = chosen(**dict(values or {}))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{named} is no TOML: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(_wrong(one) for one in error.errors())
        raise SettingsError(f"{named} or CHISO_* cannot be used: {wrong}") from error
    except UnreadableValue as error:
        raise SettingsError(
            f"{named} or CHISO_* cannot be used: {error}; a table of values is written as JSON, or one value each, as "
            "CHISO_ADDRESSES__INBOX=/srv/inbox"
        ) from error
    return found


def _wrong(one: ErrorDetails) -> str:
    """What is wrong with a setting, with what was found; of an unknown one, those that there are."""
    name = ".".join(str(part) for part in one["loc"])
    if one["type"] == "extra_forbidden":
        return f"{name} is no setting; allowed: {', '.join(Settings.model_fields)}"
    return f"{name}: {one['msg']}, found {one['input']!r}"
