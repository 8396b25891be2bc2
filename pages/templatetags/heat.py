"""A row of small bars, drawn by the template."""

from collections.abc import Sequence

from django import template

register = template.Library()
HIGH = 38  # of the tallest bar, in the units of the picture


@register.filter
def bars(values: Sequence[int]) -> list[dict[str, str]]:
    """Place and height of a bar for each value; 0 is a thin line."""
    most = max([*values, 1])
    heights = [max(1, round(HIGH * value / most)) for value in values]
    return [{"x": str(10 * n + 1), "y": str(40 - height), "height": str(height)} for n, height in enumerate(heights)]


@register.filter
def times(number: int, by: int) -> int:
    return number * by
