"""Local metres to longitude and latitude and back, around an origin.

Equirectangular with the WGS 84 radii of curvature at the origin (Snyder 1987, Map Projections, eq. 4-18 and 4-20). The
way back is exact; the picture on a map is right to 0.02 % within 2 km of the origin.
"""

import math

import msgspec

from portway.core.model.layout import Point

EQUATOR_M = 6_378_137.0
ECCENTRICITY_2 = 6.694_379_990_14e-3
LON_LAT_DIGITS = 10  # a hundredth of a millimetre
METRE_DIGITS = 4


class Projection(msgspec.Struct, frozen=True):
    """Where the frame's origin lies and how it is turned; the default is Yangluo port, Wuhan, x to the east."""

    lat_deg: float = 30.68
    lon_deg: float = 114.55
    x_bearing_deg: float = 90.0  # of the x axis, clockwise from north

    def __post_init__(self) -> None:
        if not (-85.0 < self.lat_deg < 85.0 and -180.0 <= self.lon_deg <= 180.0 and math.isfinite(self.x_bearing_deg)):
            raise ValueError(
                f"origin {self.lat_deg}, {self.lon_deg}: give a latitude within 85 and a longitude within 180 degrees"
            )

    def _metres_a_degree(self) -> Point:
        """(east, north) at the origin."""
        lat = math.radians(self.lat_deg)
        bend = 1.0 - ECCENTRICITY_2 * math.sin(lat) ** 2
        east = EQUATOR_M / math.sqrt(bend) * math.cos(lat)
        north = EQUATOR_M * (1.0 - ECCENTRICITY_2) / bend**1.5
        return math.radians(east), math.radians(north)

    def lon_lat(self, point: Point) -> list[float]:
        """A GeoJSON position of a local point."""
        turn = math.radians(90.0 - self.x_bearing_deg)
        east = point[0] * math.cos(turn) - point[1] * math.sin(turn)
        north = point[0] * math.sin(turn) + point[1] * math.cos(turn)
        per_lon, per_lat = self._metres_a_degree()
        lon, lat = self.lon_deg + east / per_lon, self.lat_deg + north / per_lat
        return [round(lon, LON_LAT_DIGITS), round(lat, LON_LAT_DIGITS)]

    def metres(self, position: list[float]) -> Point:
        """The local point of a GeoJSON position."""
        per_lon, per_lat = self._metres_a_degree()
        east, north = (position[0] - self.lon_deg) * per_lon, (position[1] - self.lat_deg) * per_lat
        turn = math.radians(90.0 - self.x_bearing_deg)
        x = east * math.cos(turn) + north * math.sin(turn)
        y = north * math.cos(turn) - east * math.sin(turn)
        return round(x, METRE_DIGITS) + 0.0, round(y, METRE_DIGITS) + 0.0
