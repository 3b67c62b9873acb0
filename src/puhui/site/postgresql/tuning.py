"""The server's configuration, written anew at each start from the machine's memory and disk.

Puhui's lines stand in `puhui.conf`, an operator's own in `local.conf`, which is read last and therefore wins. What keeps money
safe (fsync, full_page_writes, synchronous_commit) stays on; only a throw-away database of a test may go without.
"""

import shutil
from pathlib import Path

import psutil

from .layout import Layout

__all__ = ["access_rules", "name_map", "settings_text"]

_MEGABYTE = 1 << 20
_GIGABYTE = 1 << 30


def memory_bytes() -> int:
    """The machine's memory, or the container's share of it where that is less."""
    total = int(psutil.virtual_memory().total)
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            total = min(total, int(Path(limit).read_text()))
        except (OSError, ValueError):
            continue
    return total


def _write_ahead_log_megabytes(data: Path) -> int:
    """8 GB of room before a checkpoint is forced (full-page images double the time otherwise), less on a small disk."""
    free = shutil.disk_usage(data).free
    return int(max(128, min(8 * _GIGABYTE, free // 5) // _MEGABYTE))


def settings_text(layout: Layout, throwaway: bool) -> str:
    """The text of puhui.conf.

    Args:
        layout: the places of the home.
        throwaway: a test's database, which a power cut may destroy.
    """
    memory = memory_bytes()
    small_shared_memory = not Path("/dev/shm").is_dir() or shutil.disk_usage("/dev/shm").total < _GIGABYTE
    settings: dict[str, str] = {
        "listen_addresses": "''",
        "unix_socket_directories": _quoted(str(layout.socket_directory)),
        "unix_socket_permissions": "0700",
        "password_encryption": "'scram-sha-256'",
        "max_connections": "100",
        "shared_buffers": f"{min(max(memory // 8, 64 * _MEGABYTE), 2 * _GIGABYTE) // _MEGABYTE}MB",
        "effective_cache_size": f"{max(memory // 2, 128 * _MEGABYTE) // _MEGABYTE}MB",
        "work_mem": f"{min(max(memory // 512, 4 * _MEGABYTE), 32 * _MEGABYTE) // _MEGABYTE}MB",
        "maintenance_work_mem": f"{min(max(memory // 32, 64 * _MEGABYTE), 512 * _MEGABYTE) // _MEGABYTE}MB",
        "max_wal_size": f"{_write_ahead_log_megabytes(layout.data)}MB",
        "min_wal_size": "80MB",
        "checkpoint_timeout": "15min",
        "synchronous_commit": "on",
        "fsync": "off" if throwaway else "on",
        "full_page_writes": "off" if throwaway else "on",
        # A folder put back from a backup takes no connections before all of it is replayed.
        "hot_standby": "off",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "'Asia/Shanghai'",
        "log_timezone": "'Asia/Shanghai'",
        "log_line_prefix": "'%m [%p] %q%u@%d '",
        "log_checkpoints": "off",
        "lc_messages": "'C'",
        "dynamic_shared_memory_type": "mmap" if small_shared_memory else "posix",
    }
    head = "# Written by Puhui at each start; put your own lines in local.conf beside this file.\n"
    return head + "".join(f"{name} = {value}\n" for name, value in settings.items())


def access_rules() -> str:
    """pg_hba.conf: the superuser only as the server's own (or the starting) user, all roles by password, no network."""
    return "# Written by Puhui at each start.\nlocal all postgres peer map=puhui\nlocal all all scram-sha-256\n"


def name_map(user_names: list[str]) -> str:
    """pg_ident.conf: which users of the operating system are the database's superuser."""
    lines = [f'puhui "{name}" postgres\n' for name in sorted(set(user_names))]
    return "# Written by Puhui at each start.\n" + "".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
