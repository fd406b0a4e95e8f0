"""Time zones as JSON, with the class that keeps them: pandas 2 uses pytz, pandas 3 zoneinfo."""

from __future__ import annotations

import datetime
import zoneinfo
from importlib import import_module
from typing import Any

from makeit import PersistError


def spell(zone: datetime.tzinfo) -> dict[str, Any]:
    """Describe a time zone; PersistError for one of a class that cannot be restored by name."""
    if type(zone) is datetime.timezone and zone.tzname(None) == datetime.timezone(_offset(zone)).tzname(None):
        return {"offset": _offset(zone).total_seconds()}
    if type(zone) is zoneinfo.ZoneInfo and zone.key:
        return {"zoneinfo": zone.key}
    if type(zone).__module__.partition(".")[0] == "pytz":
        # Zones of pytz change their offset with the date; one without a name has one for ever.
        name = getattr(zone, "zone", None)
        return {"pytz": name} if name else {"pytz-offset": _offset(zone).total_seconds()}
    raise PersistError(
        f"the time zone {zone!r} cannot be restored by name; use `.tz_convert(...)` with a name as in 'Europe/Berlin'"
    )


def _offset(zone: datetime.tzinfo) -> datetime.timedelta:
    return zone.utcoffset(None) or datetime.timedelta()


def restore(spelled: dict[str, Any]) -> datetime.tzinfo:
    """Return the time zone that `spell` described; ImportError or LookupError where it is unknown here."""
    ((kind, value),) = spelled.items()
    if kind == "offset":
        return datetime.timezone(datetime.timedelta(seconds=value)) if value else datetime.UTC
    if kind == "zoneinfo":
        return zoneinfo.ZoneInfo(value)
    # pandas 3 does without it.
    pytz = import_module("pytz")
    found: datetime.tzinfo = pytz.timezone(value) if kind == "pytz" else pytz.FixedOffset(int(value) // 60)
    return found


def arrow_name(spelled: dict[str, Any]) -> str:
    """Return the name that other programs know the zone by; UTC where it has none that they share."""
    ((kind, value),) = spelled.items()
    if kind in ("zoneinfo", "pytz"):
        return str(value)
    minutes, seconds = divmod(value, 60)
    if seconds or not minutes:
        return "UTC"
    sign = "-" if minutes < 0 else "+"
    return "{}{:02.0f}:{:02.0f}".format(sign, *divmod(abs(minutes), 60))
