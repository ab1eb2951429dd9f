"""``python -m snpformat_codegen``."""

import sys

from .cli import main

sys.exit(main())
