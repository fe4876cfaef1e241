"""Run a command and print its own resource usage as one JSON line on standard error.

A child inherits its parent's high-water mark of memory at the fork. The benchmark holds large
tables, so this small process stands between it and the command that is measured.
"""

import json
import os
import sys
import time

began = time.monotonic()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(
    json.dumps(
        {
            "wall": time.monotonic() - began,
            "cpu": usage.ru_utime + usage.ru_stime,
            "peak_mb": usage.ru_maxrss / 1024,
            "code": os.waitstatus_to_exitcode(status),
        }
    ),
    file=sys.stderr,
)
