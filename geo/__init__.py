"""
The kernel: shapely in, shapely out; no models, no database, no settings, no clock.

Coordinates are longitude and latitude in degrees on WGS 84 (EPSG:4326), x = longitude, unless a docstring says metres.
"""
