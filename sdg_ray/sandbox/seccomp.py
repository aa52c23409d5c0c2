"""A filter of system calls for the kernel: what no answer needs and an attack could use is refused with EPERM.

Refused are new namespaces (in one of its own a process is root and may mount memory as disks), memory that no limit
counts (memfd), looking into other processes, changing their limits, keys, and the parts of the kernel where holes are
found most often. It is a second wall behind the namespaces; on a processor other than x86-64 and 64-bit ARM
there is none.
"""

import platform
import struct

EPERM, ENOSYS = 1, 38
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# name: its number on x86-64, and on 64-bit ARM
REFUSED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
}
REFUSED_OUTSIDE = {
    "socket": (41, 198),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
}
CLONE, CLONE3, PRLIMIT = (56, 220), (435, 435), (302, 261)
NEW_NAMESPACES = 0x7E020000  # the flags of clone for new namespaces
OTHER_ABI = 0x40000000  # numbers of the x32 calls begin here

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FLAGS, WHOSE = 0, 4, 16, 16  # offsets in what the kernel shows of a call
ALLOW, FAIL, KILL = 0x7FFF0000, 0x00050000, 0x80000000

Instruction = tuple[int, int, int, int]
Calls = dict[str, tuple[int, int]]


def filtered(outside: bool = False) -> bytes | None:
    """The filter as the kernel reads it; None on a processor that it was not written for.

    `outside` is for a process without namespaces of its own: sockets and signals to others are then refused as well.
    """
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        return None
    of = list(ARCHITECTURES).index(machine)
    return b"".join(
        struct.pack("HBBI", *each)
        for each in _instructions(ARCHITECTURES[machine], of, REFUSED | (REFUSED_OUTSIDE if outside else {}))
    )


def _instructions(architecture: int, of: int, refused: Calls) -> list[Instruction]:
    """Each is an operation, how many to skip if it holds and if not, and its operand."""
    program: list[Instruction] = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL)]
    program += [(LOAD, 0, 0, NUMBER), (AT_LEAST, 0, 1, OTHER_ABI), (RETURN, 0, 0, FAIL | ENOSYS)]
    for numbers in refused.values():
        program += [(EQUAL, 0, 1, numbers[of]), (RETURN, 0, 0, FAIL | EPERM)]
    # what clone3 asks for lies in memory where no filter sees it; without it the C library asks with clone
    program += [(EQUAL, 0, 1, CLONE3[of]), (RETURN, 0, 0, FAIL | ENOSYS)]
    # zero is the process itself, and what the C library asks for
    program += [(EQUAL, 0, 4, PRLIMIT[of]), (LOAD, 0, 0, WHOSE), (EQUAL, 0, 1, 0)]
    program += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, FAIL | EPERM)]
    program += [(EQUAL, 0, 3, CLONE[of]), (LOAD, 0, 0, FLAGS), (ANY_BIT, 0, 1, NEW_NAMESPACES)]
    return [*program, (RETURN, 0, 0, FAIL | EPERM), (RETURN, 0, 0, ALLOW)]
