"""Sixty ways in which a text tries to become a script. Each one, if it runs, sets `pwned`."""

from itertools import product

_CALLS = ("pwned=1", "window['pwned']=1", "self.pwned=1", "eval('pwned=1')", "setTimeout('pwned=1')")
_SHAPES = (
    "<script>{}</script>",
    "</script><script>{}</script>",
    "<img src=x onerror={}>",
    '"><svg onload={}>',
    "'><body onpageshow={}>",
    "<iframe srcdoc='<script>parent.{}</script>'>",
    "<a href=javascript:{}>x</a>",
    "`${{{}}}`",
    '{{{{constructor.constructor("{}")()}}}}',
    "<details open ontoggle={}>",
    "]]></title></textarea><script>{}</script>",
    "<style>@import 'x';</style><video><source onerror={}>",
)
PAYLOADS = [shape.format(call) for shape, call in product(_SHAPES, _CALLS)]
