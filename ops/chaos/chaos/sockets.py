"""Which process owns a connection, as the kernel tells."""

import os
import pathlib


def inode_of(local_port, remote_port):
    """Of the socket on this machine that goes from one port to the other."""
    for line in pathlib.Path("/proc/net/tcp").read_text().split("\n")[1:]:
        fields = line.split()
        if fields and int(fields[1].split(":")[1], 16) == local_port and int(fields[2].split(":")[1], 16) == remote_port:
            return fields[9]
    return None


def owner(local_port, remote_port, pids):
    """The one of `pids` that holds the connection, or None."""
    wanted = f"socket:[{inode_of(local_port, remote_port)}]"
    for pid in pids:
        folder = f"/proc/{pid}/fd"
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            continue
        for name in names:
            try:
                if os.readlink(f"{folder}/{name}") == wanted:
                    return pid
            except FileNotFoundError:
                continue  # It was closed while we looked.
    return None
