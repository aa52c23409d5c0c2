"""Answers in Python for tests of the scorer that runs them: what right code does, and what code does to cheat.

CODE    name: (the answer's code, tests that it passes)
CHEATS  name: (code that is wrong and wants to pass, the reference)
"""

from typing import Any

ONE = ["assert f(2) == 1234567"]
CODE: dict[str, tuple[str, str]] = {
    "plain": (
        "def f(): return [1, (2.5, {'a': {3}}), None, True, b'x', 2j, frozenset({1})]",
        """
assert f() == [1, (2.5, {'a': {3}}), None, True, b'x', 2j, frozenset({1})] and type(f()[1]) is tuple
""",
    ),
    "large": (
        "def f(n): return 7**n, list(range(n))",
        "assert f(5000) == (7**5000, list(range(5000)))",
    ),
    "named tuple": (
        """
from collections import namedtuple
P = namedtuple('P', 'x y')
def f(): return P(1, 2)
""",
        "assert f() == (1, 2)",
    ),
    "library types": (
        """
from fractions import Fraction
from decimal import Decimal
from collections import *
from datetime import date
def f():
    same = [Fraction(1, 3), Decimal('0.1'), deque([1]), Counter('aab'), OrderedDict(a=1), date(2020, 2, 29)]
    return [*same, defaultdict(list, a=[1])]
""",
        """
from fractions import Fraction
from decimal import Decimal
from collections import *
from datetime import date
same = [Fraction(1, 3), Decimal('0.1'), deque([1]), Counter('aab'), OrderedDict(a=1), date(2020, 2, 29)]
assert f() == [*same, {'a': [1]}]
""",
    ),
    "enumeration": (
        """
import enum
class C(enum.IntEnum):
    RED = 3
def f(): return C.RED
""",
        "assert f() == 3",
    ),
    "generator": (
        """
def f(n):
    for i in range(n): yield i
""",
        "assert list(f(3)) == [0, 1, 2] and 2 in f(3)",
    ),
    "class": (
        """
class Stack:
    size = 0
    def __init__(self): self.items = []
    def push(self, x): self.items.append(x)
    def pop(self): return self.items.pop()
    def __len__(self): return len(self.items)
    def __eq__(self, o): return self.items == o.items
    def __getitem__(self, i): return self.items[i]
    def __str__(self): return f'<{self.items}>'
""",
        """
s = Stack()
s.push(1)
s.push([2])
assert len(s) == 2 and s[0] == 1 and s.items == [1, [2]]
assert str(s) == '<[1, [2]]>' and isinstance(s, Stack) and s != Stack()
assert s.pop() == [2]
t = Stack()
t.push(1)
assert s == t
""",
    ),
    "operators": (
        """
class V:
    def __init__(self, x): self.x = x
    def __add__(self, o): return V(self.x + o.x)
    def __lt__(self, o): return self.x < o.x
""",
        "assert (V(1) + V(2)).x == 3 and V(1) < V(2)",
    ),
    "in place": (
        """
def f(a, d, s):
    a.sort(); d['k'] = 1; s.clear()
""",
        """
a, d, s = [3, 1], {}, {1}
f(a, d, s)
assert (a, d, s) == ([1, 3], {'k': 1}, set())
""",
    ),
    "functions of the tests": (
        """
def f(g, xs): return [g(x) for x in xs]
def twice(g): return lambda x: g(g(x))
""",
        """
assert f(lambda x: x + 1, [1, 2]) == [2, 3]
assert f(len, ['a', 'bc']) == [1, 2]
@twice
def h(x): return x * 3
assert h(2) == 18
""",
    ),
    "iterators of the tests": (
        "def f(xs): return sum(xs)",
        "assert f(x for x in [1, 2, 3]) == 6",
    ),
    "errors": (
        """
class Wrong(ValueError): pass
def f(x):
    if x: raise Wrong('no', x)
    raise KeyError('k')
""",
        """
try:
    f(1)
    assert False
except Wrong as e:
    assert e.args == ('no', 1)
try:
    f(0)
except KeyError as e:
    assert e.args[0] == 'k'
""",
    ),
    "its imports and constants": (
        """
import math
LIMIT = 3
def f(): return math.pi
""",
        "assert f() == math.pi and LIMIT == 3",
    ),
    "name of a builtin": (
        "def sum(a, b): return a * b",
        "assert sum(2, 5) == 10",
    ),
    "prints and reads": (
        """
print('hello')
import sys
def f(): print('x'); sys.stderr.write('y'); return 1
""",
        "assert f() == 1",
    ),
    "recursion of the tests": (
        "def f(n): return n",
        """
def g(n): return f(n) if n < 2 else g(n - 1) + g(n - 2)
assert g(8) == 21
""",
    ),
}
CHEATS: dict[str, tuple[str, Any]] = {
    "says that it passed": (
        """
import os
for n in range(64):
    try: os.write(n, b'1 1 passed\\n')
    except OSError: pass
""",
        ONE,
    ),
    "prints at its end": (
        """
import atexit
atexit.register(print, '1 1 passed')
print('1 1 passed', flush=True)
""",
        ONE,
    ),
    "exits at once": (
        """
import sys
sys.exit(0)
""",
        ONE,
    ),
    "exits when called": (
        """
def f(x):
    raise SystemExit(0)
""",
        ONE,
    ),
    "ends its process": (
        """
import os
def f(x): os._exit(0)
""",
        ONE,
    ),
    "is equal to all": (
        """
class Yes:
    __eq__ = __contains__ = lambda self, other: True
    __ne__ = __lt__ = lambda self, o: False
    __sub__ = __rsub__ = __abs__ = lambda self, *o: 0
    __hash__ = object.__hash__
def f(x): return Yes()
""",
        ONE,
    ),
    "is an equal number": (
        """
class Yes(int):
    __eq__ = __contains__ = lambda self, other: True
    __ne__ = __lt__ = lambda self, o: False
    __sub__ = __rsub__ = __abs__ = lambda self, *o: 0
    __hash__ = object.__hash__
def f(x): return Yes()
""",
        ONE,
    ),
    "is nearly all": (
        """
class Yes:
    __eq__ = __contains__ = lambda self, other: True
    __ne__ = __lt__ = lambda self, o: False
    __sub__ = __rsub__ = __abs__ = lambda self, *o: 0
    __hash__ = object.__hash__
def f(x): return Yes()
""",
        ["assert abs(f(2) - 5) < 1e-6"],
    ),
    "is a near number": (
        """
class Yes(float):
    __eq__ = __contains__ = lambda self, other: True
    __ne__ = __lt__ = lambda self, o: False
    __sub__ = __rsub__ = __abs__ = lambda self, *o: 0
    __hash__ = object.__hash__
def f(x): return Yes()
""",
        ["assert abs(f(2) - 5) < 1e-6"],
    ),
    "contains all": (
        """
class Yes(list):
    __eq__ = __contains__ = lambda self, other: True
    __ne__ = __lt__ = lambda self, o: False
    __sub__ = __rsub__ = __abs__ = lambda self, *o: 0
    __hash__ = object.__hash__
def f(x): return Yes()
""",
        ["assert 5 in f(2)"],
    ),
    "contains all, as a class": (
        """
class Yes:
    __eq__ = __contains__ = lambda self, other: True
    __ne__ = __lt__ = lambda self, o: False
    __sub__ = __rsub__ = __abs__ = lambda self, *o: 0
    __hash__ = object.__hash__
def f(x): return Yes()
""",
        ["assert 5 in f(2)"],
    ),
    "is equal, as a class": (
        """
class Yes:
    __eq__ = __contains__ = lambda self, other: True
    __ne__ = __lt__ = lambda self, o: False
    __sub__ = __rsub__ = __abs__ = lambda self, *o: 0
    __hash__ = object.__hash__
def f(x): return Yes()
f = Yes
""",
        ["assert f() == 3"],
    ),
    "has an equal class": (
        """
class M(type):
    __eq__ = lambda *a: True
    __hash__ = type.__hash__
class f(metaclass=M):
    def __new__(cls, x): return cls
""",
        ONE,
    ),
    "patches builtins": (
        """
import builtins
builtins.AssertionError = builtins.abs = lambda *a: 0
def f(x): return 0
""",
        ONE,
    ),
    "has a function for abs": (
        """
def abs(x): return 0
def f(x): return 0
""",
        ["assert abs(f(2) - 5) < 1e-6"],
    ),
    "has a module for math": (
        """
import sys
class math:
    isclose = staticmethod(lambda *a: True)
sys.modules['math'] = math
def f(x): return 0
""",
        ["assert math.isclose(f(2), 5)"],
    ),
    "has a check of its own": (
        """
def check(c): pass
def f(x): return 0
""",
        {"test": "def check(c):\n    assert c(2) == 5", "entry_point": "f"},
    ),
    "changes what is compared": (
        """
def f(xs):
    xs.clear()
    return []
""",
        """
xs = [3, 1]
assert f(xs) == sorted(xs)
""",
    ),
    "searches memory": (
        """
import gc, sys, types
def ints(thing, depth=0):
    if isinstance(thing, int): yield thing
    elif isinstance(thing, types.CodeType): yield from ints(thing.co_consts, depth + 1)
    elif isinstance(thing, types.FunctionType): yield from ints(thing.__code__, depth + 1)
    elif isinstance(thing, (list, tuple)) and depth < 4:
        for each in thing: yield from ints(each, depth + 1)
    elif isinstance(thing, dict) and depth < 4: yield from ints(list(thing.values()), depth + 1)
def f(x):
    frame, things = sys._getframe(), gc.get_objects()
    while frame:
        things += [frame.f_locals, frame.f_globals, frame.f_code]
        frame = frame.f_back
    return next((n for thing in things for n in ints(thing) if str(n) == '1234567'), 0)
""",
        ONE,
    ),
    "kills its judge": (
        """
import os
def f(x): os.kill(os.getppid(), 9)
""",
        ONE,
    ),
    "interrupts its judge": (
        """
import os, signal
def f(x): os.kill(os.getppid(), signal.SIGALRM); return 0
""",
        ONE,
    ),
    "leaves its judge no files": (
        """
import os, resource
resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (0, 0))
def f(x): return 0
""",
        "import statistics\nassert f(2) == 5",
    ),
    "patches the pipe": (
        """
import sys
peer = sys.modules['sdg_ray.sandbox.peer']
peer.Peer.packed = lambda *a: b''
""",
        ONE,
    ),
    "answers before it is asked": (
        """
import gc, sys
Peer = sys.modules['sdg_ray.sandbox.peer'].Peer
peer = next(o for o in gc.get_objects() if type(o) is Peer)
for _ in range(9): peer.send('value', {'f': lambda x: 0, 'assert': 1}, {})
""",
        ONE,
    ),
    "sends what is no message": (
        """
import os
for n in range(3, 9):
    try: os.write(n, b'\\x09' + bytes(7) + b'cos\\nsystem')
    except OSError: pass
""",
        ONE,
    ),
    "reaches into the tests": (
        """
def f(g):
    try: return g.__globals__['test passed'](0)
    except BaseException: return 0
""",
        ["assert f(lambda: 0) == 1234567"],
    ),
    "makes the loop empty": (
        "def f(x): return []",
        """
for each in f(2):
    assert each == 5
""",
    ),
    "stops the iteration": (
        "def f(x): raise StopIteration",
        ["assert all(f(n) == 5 for n in [1])"],
    ),
    "is a program that exits": (
        """
import os
os._exit(0)
""",
        {"inputs": ["1"], "outputs": ["5"]},
    ),
    "is a program that looks": (
        """
import glob
for n in range(64):
    try: print(open(n).read())
    except OSError: pass
for p in glob.glob('/tmp/.*') + glob.glob('/tmp/*'): print(open(p).read())
""",
        {"inputs": ["1"], "outputs": ["5"]},
    ),
    "knows how long the right output is": (
        """
import sys
frame = sys._getframe()
while frame and 'longest' not in frame.f_locals: frame = frame.f_back
print('YES' if frame and frame.f_locals['longest'] == 2 * len('YES ') + 1024 else 'NO')
""",
        {"inputs": ["1", "2"], "outputs": ["YES\n", "NO\n"]},
    ),
}
