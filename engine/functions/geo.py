"""Distances on the earth."""

from __future__ import annotations

from functools import partial

from ksql.engine.functions.declare import GEO, Call, scalar_sql

_KM, _MILES = "6371.0", "3959.0"
_UNITS = {
    _KM: ("KM", "KILOMETER", "KILOMETERS", "KILOMETRE", "KILOMETRES"),
    _MILES: ("MI", "MILE", "MILES"),
}


def _radians(degrees: str) -> str:
    return f"radians({degrees})"


def _distance(call: Call, lat1: str, lon1: str, lat2: str, lon2: str, unit: str = "'KM'") -> str:
    """The haversine formula."""
    half_lat = f"sin({_radians(f'({lat2}) - ({lat1})')} / 2)"
    half_lon = f"sin({_radians(f'({lon2}) - ({lon1})')} / 2)"
    a = f"({half_lat} * {half_lat} + {half_lon} * {half_lon} * cos({_radians(lat1)}) * cos({_radians(lat2)}))"
    angle = f"2 * asin(sqrt(least({a}, 1)))"
    radius = " ".join(
        f"WHEN upper({unit}) IN ({', '.join(map(repr, names))}) THEN CAST({r} AS DOUBLE)" for r, names in _UNITS.items()
    )
    beyond = f"abs({lat1}) > 90 OR abs({lat2}) > 90 OR abs({lon1}) > 180 OR abs({lon2}) > 180"
    return (
        f"(CASE WHEN {beyond} THEN {call.fail('a latitude beyond 90 or a longitude beyond 180 degrees')} "
        f"ELSE {angle} * CASE {radius} ELSE {call.fail('GEO_DISTANCE measures in KM or MILES')} END END)"
    )


geo = partial(scalar_sql, category=GEO, typed_sql=_distance)
_DOC = "Distance of two points, given as latitude, longitude, latitude, longitude in degrees: in KM, or in MILES"
geo(
    "GEO_DISTANCE",
    "DOUBLE!, DOUBLE!, DOUBLE!, DOUBLE! -> DOUBLE",
    doc=_DOC,
    example=("ROUND(GEO_DISTANCE(37.4, -122.1, 51.5, -0.2), 0)", "8633e0"),
)
geo("GEO_DISTANCE", "DOUBLE!, DOUBLE!, DOUBLE!, DOUBLE!, STRING -> DOUBLE", doc=_DOC)
