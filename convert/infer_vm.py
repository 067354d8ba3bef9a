"""Runs on the MicroPython VM, not here: ``infer_vm.py JOBS OUT``, many models in one process.

JOBS: per model uint32 size of the pack, uint32 rows, the pack, then rows of int8. OUT: rows of int8, each
with the network's level behind it, int32.
"""

import sys
from struct import pack, unpack

from motegate.boot.pack import Pack
from motegate.network import Network


def main():
    with open(sys.argv[1], "rb") as jobs, open(sys.argv[2], "wb") as out:
        while True:
            head = jobs.read(8)
            if not head:
                return
            size, rows = unpack("<II", head)
            network = Network(Pack(jobs.read(size)))
            for _ in range(rows):
                jobs.readinto(network.input)
                network.invoke()
                out.write(network.output)
                out.write(pack("<i", network.level()))


main()
