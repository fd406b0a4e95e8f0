"""Columns of times in a time zone, and of periods."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from makeit import PersistError
from makeit_pandas import zones
from makeit_pandas.kinds import Column, Description, Kind, Stored, Values, stored


def _take_zoned(values: Values) -> Column:
    unit, zone = values.dtype.unit, zones.spell(values.dtype.tz)
    description = {"unit": unit, "zone": zone}
    universal = stored(values.to_numpy(f"M8[{unit}]"), from_pandas=True)
    return Column(description, (universal.cast(pa.timestamp(unit, "UTC")).cast(_zoned_types(description)[0]),))


def _zoned_types(description: Description) -> tuple[pa.DataType, ...]:
    return (pa.timestamp(description["unit"], zones.arrow_name(description["zone"])),)


def _put_zoned(description: Description, columns: Sequence[Stored]) -> Values:
    universal = columns[0].cast(pa.timestamp(description["unit"], "UTC")).cast(pa.timestamp(description["unit"]))
    times = pd.DatetimeIndex(universal.to_numpy())
    return times.tz_localize("UTC").tz_convert(zones.restore(description["zone"])).array


ZONED = Kind(lambda dtype: isinstance(dtype, pd.DatetimeTZDtype), _take_zoned, _zoned_types, _put_zoned)


def _take_periods(values: Values) -> Column:
    """Keep periods as the times at which they start, which every program can read."""
    periods = pd.PeriodIndex(values)
    starts = periods.to_timestamp(how="start")
    whole_seconds = starts.as_unit("s")
    starts = whole_seconds if (whole_seconds == starts)[starts.notna()].all() else starts
    if not (starts.to_period(periods.freq).asi8 == periods.asi8).all():
        raise PersistError(f"periods of frequency {periods.freqstr} do not come back from when they start")
    description = {"frequency": periods.freqstr, "unit": starts.unit}
    return Column(description, (stored(starts.to_numpy(), from_pandas=True),))


def _period_types(description: Description) -> tuple[pa.DataType, ...]:
    return (pa.timestamp(description["unit"]),)


def _put_periods(description: Description, columns: Sequence[Stored]) -> Values:
    return pd.DatetimeIndex(columns[0].to_numpy()).to_period(description["frequency"]).array


PERIODS = Kind(lambda dtype: isinstance(dtype, pd.PeriodDtype), _take_periods, _period_types, _put_periods)
