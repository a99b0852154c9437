"""Links that carry a program in their fragment, which no server ever sees.

``#code=…`` is the program's UTF-8 text, deflated (RFC 1951, raw) and written in base64url without
padding (RFC 4648, section 5). ``#lesson=07_sum_over_time`` opens the code of a lesson.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

__all__ = ["fragment", "read"]


def fragment(source: str, knobs: Mapping[str, float] | None = None) -> str:
    """The fragment of a link to the playground, with ``#``, that opens `source`.

    knobs: where its knobs stand, by name.

    >>> fragment("print(1)")
    '#code=KyjKzCvRMNQEAA'
    """
    squeeze = zlib.compressobj(9, wbits=-15)
    data = squeeze.compress(source.encode()) + squeeze.flush()
    parts = {"code": base64.urlsafe_b64encode(data).rstrip(b"=").decode()}
    parts |= {f"knob.{name}": f"{value:g}" for name, value in (knobs or {}).items()}
    return "#" + urlencode(parts)


def read(text: str) -> tuple[str, dict[str, float]]:
    """The program and the knobs of such a fragment.

    Raises ValueError where it carries no program, or a damaged one.

    >>> read("#code=KyjKzCvRMNQEAA&knob.scale=1.5")
    ('print(1)', {'scale': 1.5})
    """
    parts = dict(parse_qsl(text.removeprefix("#")))
    code = parts.get("code", "")
    try:
        data = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
        source = zlib.decompress(data, wbits=-15).decode()
    except (binascii.Error, zlib.error, UnicodeDecodeError) as error:
        raise ValueError(f"read({text[:40]!r}): its code is damaged ({error})") from None
    knobs = {name.removeprefix("knob."): float(value) for name, value in parts.items()
             if name.startswith("knob.")}
    return source, knobs
