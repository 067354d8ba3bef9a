"""Ten million rows through the recording reader: seconds and memory. ``python -m tests.bench.recordings [ROWS]``."""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from motegate.train.policy.document import loads
from motegate.train.policy.form import Policy
from motegate.train.recording.records import chunks, read, write_replay

POLICY = """
[stream]
name = "bench"
period_ms = 1000
window = { length = 64 }
[stream.channels.a]
resolution = 0.01
range = [0, 100]
[parents.intrinsic]
children = ["spike"]
[[actions]]
name = "log"
"""


def main(rows: int = 10_000_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        csv, parquet = Path(folder, "big.csv"), Path(folder, "big.parquet")
        _make(rows, csv, parquet)
        for what, path in (("chunks", csv), ("read", csv), ("write_replay", csv), ("chunks", parquet)):
            # A process each: its peak is its own
            command = [sys.executable, "-m", "tests.bench.recordings", what, str(path)]
            print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="", flush=True)


def _make(rows: int, csv: Path, parquet: Path) -> None:
    start = np.datetime64("2020-01-01T00:00:00", "ms")
    with csv.open("w") as file:
        file.write("timestamp,a,seq\n")
        for first in range(0, rows, 100_000):
            i = np.arange(first, min(first + 100_000, rows))
            stamps, values = np.datetime_as_string(start + i * 1000), 50 + 20 * np.sin(i / 100)
            file.writelines(f"{t},{x:.2f},{k}\n" for t, x, k in zip(stamps, values, i, strict=True))
    with pa.csv.open_csv(csv) as batches, pa.parquet.ParquetWriter(parquet, batches.schema) as out:
        for batch in batches:
            out.write_batch(batch)


def _one(what: str, path: Path) -> None:
    policy: Policy = loads(POLICY, Path("policy.toml"))
    before, start = _peak_mb(), time.perf_counter()
    if what == "chunks":
        rows = sum(len(part) for part in chunks(policy, path))
    elif what == "read":
        rows = len(read(policy, path))
    else:
        rows = write_replay(policy, path, path.with_suffix(".bin"))
    seconds = time.perf_counter() - start
    megabytes = path.stat().st_size / 1e6
    print(
        f"{what} of {path.suffix}, {rows} rows, {megabytes:.0f} MB: {seconds:.1f} s, "
        f"{_peak_mb() - before:.0f} MB above the {before:.0f} MB of the imports"
    )


def _peak_mb() -> float:
    """The process's own peak; ``ru_maxrss`` would begin with that of the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) / 1024


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case [rows]:
            main(int(rows))
        case [what, path]:
            _one(what, Path(path))
