"""Wrong answers that want to pass by what they send to the tests: modules, pickles, names that nobody asked for.

FORGERIES  name: (the answer's code, the reference)
"""

from typing import Any

from tests.scorers.python_answers import ONE

RUNS = """
import types
open('test_x.py', 'w').write('''
import os
for n in range(3, 64):
    try: os.write(n, b'1 1 passed\\\\n')
    except OSError: pass
os._exit(0)
''')
"""
"""Code that leaves a file which says that all passed, for the tests to come upon it."""
FORGED = """
import sys
peer = sys.modules['sdg_ray.sandbox.peer']
sound = peer.Peer.packed
def packed(self, value):
    sent = sound(self, value)
    return sent[:2] + forged(self) + b'0' + sent[2:]  # what is forged is read and dropped
peer.Peer.packed = packed
def text(it): return b'X' + len(it).to_bytes(4, 'little') + it.encode()
def told(kind, of): return text(kind) + of + b'\\x86Q'
def number(it): return b'K' + bytes([it])
def yes(*given): return True
"""
"""Code after which a pickle of its own, `forged(peer)`, goes before each message to the tests."""
FORGERIES: dict[str, tuple[str, Any]] = {
    "is a module that runs what is found": (
        RUNS
        + """
def f(x): return types.ModuleType('unittest.__main__')
""",
        ONE,
    ),
    "offers what runs what is found": (
        RUNS
        + """
g = types.ModuleType('unittest.__main__')
def f(x): return 0
""",
        ["assert g and f(2) == 5"],
    ),
    "offers what nobody asked for": (
        """
import sys
peer = sys.modules['sdg_ray.sandbox.peer']
sound = peer.Peer.packed
more = {'__builtins__': {'abs': lambda x: 0}}
def packed(self, value):
    if value[0] == 'value' and type(value[1]) is dict: value = ('value', value[1] | more, {})
    if value[0] == 'value' and type(value[1]) is tuple: value = ('value', (value[1][0] | more, {}), {})
    return sound(self, value)
peer.Peer.packed = packed
def f(x): return 0
""",
        ["assert abs(f(2) - 5) < 1e-6"],
    ),
    "has builtins of its own": (
        """
__builtins__ = {'abs': lambda x: 0}
def f(x): return 0
""",
        ["assert __builtins__ and abs(f(2) - 5) < 1e-6"],
    ),
    "changes a module of the tests": (
        FORGED
        + """
def forged(self):
    return told('module', text('math')) + b'}' + text('isclose') + told('mine', number(self.number(yes))) + b'sb'
def f(x): return 0
""",
        "import math\nassert math.isclose(f(2), 5)",
    ),
    "changes a class of the tests": (
        FORGED
        + """
def forged(self):
    return b'ccollections\\nCounter\\nN}' + text('__eq__') + told('mine', number(self.number(yes))) + b's\\x86b'
def f(x): return 0
""",
        "from collections import Counter\nassert Counter([f(2)]) == Counter([5])",
    ),
    "changes a function of the tests": (
        FORGED
        + """
from sdg_ray.sandbox.remote import remote_number
given = []
def forged(self):
    if not given: return b'N'
    return told('yours', number(remote_number(given[0]))) + b'N}' + text('__defaults__') + b'K\\x00\\x85s\\x86b'
def f(g): given.append(g); return 0
""",
        "def g(right=5): return right\nassert f(g) == g()",
    ),
}
