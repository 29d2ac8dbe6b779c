"""How a kernel writes its messages: what UTF-8 cannot hold costs a letter, and not the cell.

jupyter_client refuses half a surrogate pair. ipykernel then forgets the messages behind the one
refused, such as that the cell has ended, for which its client would wait for ever.
"""

import json
from typing import Any

from jupyter_client.jsonutil import json_clean, json_default
from jupyter_client.session import json_packer


def pack(message: Any) -> bytes:
    """A message as JSON, with `?` for each half of a surrogate pair.

    Example:

    >>> pack({"text": "a\\ud800b", "more": ["ü", 1.5]}).decode()
    '{"text": "a?b", "more": ["ü", 1.5]}'
    """
    try:
        return json_packer(message)
    except UnicodeEncodeError:
        clean = json_clean(message)
        text = json.dumps(clean, default=json_default, ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8", "replace")
