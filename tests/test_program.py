"""A user's file runs in a process of its own: whatever it does, there is a reply, and this process goes on."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from shared.checking.sandbox.program import CheckError, Program
from shared.checking.template import TEMPLATE

pytestmark = pytest.mark.mostly_slow(5)

ARGUMENTS = (
    np.arange(6.0).reshape(2, 3),
    np.zeros((2, 1)),
    np.ones((1, 2)),
    np.ones((1, 1)),
    np.ones((3, 4)),
    np.ones((1, 4)),
)
FUNCTION = "def gradients(W1, b1, W2, b2, X, Y):\n"
TIMEOUT = 20


@pytest.fixture
def program(tmp_path):
    """Write a user's file and open it."""
    opened = []

    def open_(source, timeout=TIMEOUT):
        (tmp_path / "my_backprop.py").write_text(dedent(source), encoding="utf-8")
        opened.append(Program(tmp_path / "my_backprop.py", timeout))
        return opened[-1].__enter__()

    yield open_
    for one in opened:
        if hasattr(one, "_holder"):
            one.__exit__()


@pytest.fixture
def reply_to(program):
    """Write a user's function `gradients` with this body, and call it."""

    def reply(body, before="import numpy as np", timeout=TIMEOUT):
        function = FUNCTION + "".join(f"    {line}\n" for line in dedent(body).strip().splitlines())
        return program(f"{dedent(before)}\n{function}", timeout).call("gradients", *ARGUMENTS)

    return reply


def refusal(program, source, timeout=TIMEOUT):
    with pytest.raises(CheckError) as caught:
        program(source, timeout)
    assert "\n" not in str(caught.value)
    return caught.value


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def alive(pid):
    """Whether a process still runs; a zombie does not."""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


# What is called, and with what.


def test_functions_are_those_that_the_file_defines(program):
    assert program("gradients = train = lambda *a: {}; forward = 3").functions == ("gradients", "train")


def test_arguments_arrive_as_they_were_given(program):
    source = """
        def train(*arguments):
            return {str(i): v for i, v in enumerate(arguments)} | {'plain': isinstance(arguments[2], float)}
        gradients = train
        """
    given = (np.float32([[1, 2]]), np.asfortranarray(np.ones((2, 3))), 0.1, 7)
    values = program(source).call("train", *given).values
    assert [values[str(i)].dtype.name for i in range(4)] == ["float32", "float64", "float64", "int64"]
    assert all(np.array_equal(values[str(i)], argument) for i, argument in enumerate(given))
    assert values["plain"]


def test_the_file_is_loaded_once_for_many_calls(program):
    source = "calls = []\ndef gradients(*a):\n    calls.append(1)\n    return {'n': len(calls)}"
    user = program(source)
    assert [int(user.call("gradients").values["n"]) for _ in range(3)] == [1, 2, 3]


def test_a_change_in_place_is_reported_and_does_not_reach_the_caller(reply_to):
    before = [argument.copy() for argument in ARGUMENTS]
    reply = reply_to("W1 *= 2\nY.shape = (-1,)\nb1 += 0\nreturn {'dW1': W1}")
    assert reply.changed == (0, 5)
    assert all(np.array_equal(a, b) and a.shape == b.shape for a, b in zip(ARGUMENTS, before, strict=True))
    assert reply_to("X[0] = 5\n1 / 0").changed == (4,)


def test_the_file_is_no_main_program_and_has_its_folder_on_the_path(reply_to, tmp_path):
    (tmp_path / "shared.py").write_text("mine = 1")
    before = """
        import os, sys, shared
        if __name__ == '__main__':
            os._exit(1)
        """
    body = """
        at_home = os.path.dirname(os.path.abspath(__file__)) == sys.path[0]
        return {'name': __name__ == 'my_backprop', 'home': at_home, 'own module': shared.mine, 'argv': len(sys.argv)}
        """
    assert all(value == 1 for value in reply_to(body, before).values.values())


def test_the_current_folder_stays_and_cannot_put_itself_before_the_suite(reply_to, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "shared.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path / "here")
    assert reply_to("return {'here': os.path.basename(os.getcwd()) == 'here'}", "import os").values == {"here": True}


def test_the_files_of_the_suite_can_be_imported(reply_to):
    assert "Z1" in reply_to("return Activations(1, 2, 3, 4)", "from shared.network import Activations").values


@pytest.mark.mostly_slow(3)
@pytest.mark.parametrize("own", ["my_backprop.py", "numpy.py", "torch.py"])
def test_files_with_the_names_of_libraries_do_not_take_their_places(tmp_path, own):
    for name in ("random.py", "wave.py", "torch.py", "helper.py", own):
        (tmp_path / name).write_text("mine = 1" if name == "helper.py" else "1 / 0")
    (tmp_path / own).write_text(
        f"import random, wave, torch, helper, numpy\n{FUNCTION}    return {{'dW1': torch.ones(1)}}"
    )
    with Program(tmp_path / own, TIMEOUT) as user:
        assert user.call("gradients", *ARGUMENTS).values == {"dW1": 1}


def test_nothing_is_written_beside_the_file(reply_to, tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONPYCACHEPREFIX")
    (tmp_path / "helper.py").write_text("one = 1")
    assert reply_to("return {'dW1': helper.one}", "import helper").values == {"dW1": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["helper.py", "my_backprop.py"]


# What is returned.

CLASSES = """
    import collections, dataclasses, types
    import numpy as np
    Named = collections.namedtuple('Named', 'dW1 db1')
    @dataclasses.dataclass
    class Data:
        dW1: object
        db1: object
    @dataclasses.dataclass(slots=True, frozen=True)
    class Slots:
        dW1: object
        db1: object
    class Plain:
        _private = 7
        def __init__(self, dW1, db1):
            self.dW1, self.db1 = dW1, db1
        def method(self):
            return 1
    class Static:
        dW1 = 1.5
        db1 = [2, 3]
    class Property(Static):
        @property
        def db1(self):
            return [2, 3]
    class Sour:
        def __array__(self, *a, **k):
            raise ValueError('no')
"""


NAMED = [
    "{'dW1': 1.5, 'db1': [2, 3]}",
    "collections.OrderedDict(dW1=1.5, db1=(2, 3))",
    "Named(1.5, [2, 3])",
    "Data(1.5, [2, 3])",
    "Slots(1.5, [2, 3])",
    "Plain(1.5, [2, 3])",
    "Property()",
    "Static",
    "types.SimpleNamespace(dW1=1.5, db1=[2, 3])",
]
NESTED = {
    "{'grads': {'dW1': 1}, 'cache': Named(1, 2)}": "grads.dW1 cache.dW1 cache.db1",
    "W1, [1, 2], (1, 2), b2": "0 1 2 3",
    "[W1, b1, W2, b2]": "0 1 2 3",
    "{'dW': [W1, W2], 'db': [b1[:, 0], b2[0]]}": "dW.0 dW.1 db.0 db.1",
    "{'dW1': [row for row in W1], 'costs': [b2, b2, b2]}": "dW1 costs",
    "({'dW1': W1}, {'Z1': X})": "0.dW1 1.Z1",
    "(0.5, {'dW1': W1})": "0 1.dW1",
    "({'dW1': W1}, b2[0, 0], Y.sum())": "0.dW1 1 2",
    "{'W1': W1, 'Z1': X}, (W1, b1, W2, b2)": "0.W1 0.Z1 1.0 1.1 1.2 1.3",
}
ARRAYS = {
    "np.float16([1, np.nan])": ("float16", [1, np.nan]),
    "np.array([[True, False]])": ("bool", [[1, 0]]),
    "np.uint8([3])": ("uint8", [3]),
    "-np.inf": ("float64", -np.inf),
    "np.float32(2)": ("float32", 2),
    "np.matrix([[1., 2.]])": ("float64", [[1, 2]]),
    "np.ma.array([1., 2.], mask=[0, 0])": ("float64", [1, 2]),
    "np.zeros((0, 3))": ("float64", np.zeros((0, 3))),
    "np.ones((3, 2)).T[::-1]": ("float64", np.ones((2, 3))),
    "[[1, 2], [3, 4.5]]": ("float64", [[1, 2], [3, 4.5]]),
    "[np.float32(1), np.float32(2)]": ("float32", [1, 2]),
}
NO_ARRAYS = {
    "None": "it is None",
    "'text'": "it is a str",
    "[[1, 2], [3]]": "it is a ragged list",
    "np.array([None, 1])": "it has dtype object",
    "[1, None]": "it has dtype object",
    "['a']": "it has dtype <U1",
    "1 + 2j": "it has complex numbers",
    "print": "it is a function",
    "{1, 2}": "it is a set",
    "(i for i in '12')": "it is a generator",
    "{}": "it is an empty dict",
    "np": "it is a module",
    "np.broadcast_to(0.0, (200_000_000,))": "it is too large (1.6 GB)",
    "np.ma.array([1., 2.], mask=[0, 1])": "it is a masked array, and 1 of its entries are masked; give .filled(0)",
    "Sour()": "it is a Sour that NumPy cannot read (no)",
}


@pytest.fixture(scope="module")
def value_of(tmp_path_factory):
    """Let a user's function return what an expression gives: one process for all of them, told by Y which it is."""
    texts = [*NAMED, *NESTED, *(f"{{'V': {text}, 'W': 1}}" for text in (*ARRAYS, *NO_ARRAYS))]
    returning = "".join(f"    lambda W1, b1, W2, b2, X, Y: ({text}),\n" for text in texts)
    path = tmp_path_factory.mktemp("values") / "my_backprop.py"
    path.write_text(
        f"{dedent(CLASSES)}\nGIVEN = [\n{returning}]\n{FUNCTION}    return GIVEN[int(Y[0, 0])](W1, b1, W2, b2, X, Y)\n"
    )
    with Program(path, TIMEOUT) as user:
        yield lambda text: user.call("gradients", *ARGUMENTS[:-1], np.full((1, 4), texts.index(text)))


@pytest.mark.mostly_slow(1)
@pytest.mark.parametrize("returned", NAMED)
def test_anything_that_has_names_makes_entries(value_of, returned):
    reply = value_of(returned)
    assert {name: value.tolist() for name, value in reply.values.items()} == {"dW1": 1.5, "db1": [2, 3]}, reply.failure


@pytest.mark.mostly_slow(1)
@pytest.mark.parametrize("returned", NESTED)
def test_nested_entries_get_long_names_and_nameless_ones_their_places(value_of, returned):
    reply = value_of(returned)
    assert list(reply.values) == NESTED[returned].split(), reply.failure
    assert all(isinstance(value, np.ndarray) for value in reply.values.values())


@pytest.mark.parametrize(
    ("function", "returned", "names"),
    [
        ("forward", "(1, 2, 3, 4)", "0 1 2 3"),
        ("forward", "np.ones((1, 3))", "A2"),
        ("forward", "(np.ones(3), {'Z1': 2})", "0 1.Z1"),
        ("train", "([3, 2, 1], {'W1': 1, 'b1': 2})", "costs parameters.W1 parameters.b1"),
        ("train", "({'W1': 1}, [3, 2, 1])", "parameters.W1 costs"),
        ("train", "([3, 2, 1], (np.ones((2, 3)), np.ones((2, 1))))", "costs parameters.0 parameters.1"),
        ("train", "{'costs': (3, 2), 'W1': 1, 'parameters': Named(1, 2)}", "costs W1 parameters.dW1 parameters.db1"),
    ],
)
def test_the_other_functions_have_their_own_order(program, function, returned, names):
    source = f"{dedent(CLASSES)}\ndef gradients(): pass\ndef {function}():\n    return {returned}"
    reply = program(source).call(function)
    assert sorted(reply.values) == sorted(names.split()), reply.failure


@pytest.mark.mostly_slow(1)
@pytest.mark.parametrize("value", ARRAYS)
def test_a_leaf_becomes_an_array_of_its_own_dtype(value_of, value):
    found, (dtype, expected) = value_of(f"{{'V': {value}, 'W': 1}}").values["V"], ARRAYS[value]
    assert (type(found), found.dtype.name) == (np.ndarray, dtype)
    np.testing.assert_array_equal(found, np.array(expected, dtype), strict=True)


@pytest.mark.mostly_slow(1)
@pytest.mark.parametrize("value", NO_ARRAYS)
def test_a_leaf_that_is_no_array_is_described(value_of, value):
    assert value_of(f"{{'V': {value}, 'W': 1}}").values == {"V": NO_ARRAYS[value], "W": 1}


def test_a_structure_that_contains_itself_ends(reply_to):
    assert reply_to("d = {'dW1': 1}\nd['d'] = d\nreturn d").values["dW1"] == 1


def test_an_attribute_that_raises_is_described(reply_to):
    before = "class G:\n    dW1 = 1\n    @property\n    def db1(self): return 1 / 0"
    assert reply_to("return G()", before).values == {"dW1": 1, "db1": "reading it raises ZeroDivisionError"}


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("pass", "None"),
        ("return 3.5", "the number 3.5"),
        ("return W1", "one array of shape (2, 3)"),
        ("return W1, b1, W2", "3 values without names"),
        ("return 'dW1'", "a str"),
        ("return {}", "an empty dict"),
        ("yield W1", "a generator"),
    ],
)
def test_a_return_without_entries_says_what_to_return(reply_to, body, what):
    reply = reply_to(body)
    assert reply.values is None
    assert reply.failure == f"gradients returned {what}; return a dict of dW1, db1, dW2, db2"


def test_tensors_of_torch_become_arrays(reply_to):
    reply = reply_to(
        """
        leaf = torch.tensor(W1, requires_grad=True)
        return {'leaf': leaf, 'product': leaf * 2, 'bf': leaf.bfloat16(), 'half': leaf.half(), 'list': [leaf.sum()] * 2,
                'parameter': torch.nn.Parameter(leaf.detach()), 'sparse': leaf.detach().to_sparse()}
        """,
        "import torch",
        timeout=120,
    )
    assert reply.failure == ""
    dtypes = [value.dtype.name for value in reply.values.values()]
    assert dtypes == ["float64", "float64", "float32", "float16", "float64", "float64", "float64"]
    assert all(np.array_equal(reply.values[name], ARGUMENTS[0]) for name in ("leaf", "bf", "parameter", "sparse"))
    assert reply.values["list"].tolist() == [15, 15]
    assert reply.notes == {"bf": "bfloat16, read as float32"}


def test_arrays_of_jax_become_arrays_and_x64_is_left_alone(reply_to):
    body = "return {'V': jnp.asarray(W1), 'bf': jnp.asarray(W1, 'bfloat16'), 'list': [jnp.float32(1)] * 2}"
    reply = reply_to(body, "import jax.numpy as jnp", timeout=120)
    assert [value.dtype.name for value in reply.values.values()] == ["float32"] * 3, reply.failure
    assert np.array_equal(reply.values["V"], ARGUMENTS[0])
    assert np.array_equal(reply.values["bf"], ARGUMENTS[0])
    assert reply.notes == {"bf": "bfloat16, read as float32"}


# What goes wrong.


def test_a_traceback_has_the_frames_of_the_users_file_in_order_and_no_others(reply_to, tmp_path):
    failure = reply_to(
        "return {'dW1': np.apply_along_axis(share, 0, W1)}",
        """
        import numpy as np
        def share(v):
            return 1 / int(v[0] * 0)
        """,
    ).failure
    lines = [line.strip() for line in failure.splitlines()]
    path = tmp_path / "my_backprop.py"
    assert [line for line in lines if line.startswith("File")] == [
        f'File "{path}", line 7, in gradients',
        f'File "{path}", line 4, in share',
    ]
    assert "return 1 / int(v[0] * 0)" in lines
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_a_traceback_names_the_file_as_the_user_did(reply_to, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(f"{FUNCTION}    import os; os.chdir('/'); raise ValueError from KeyError()")
    with Program(Path("mine.py"), TIMEOUT) as user:
        failure = user.call("gradients", *ARGUMENTS).failure
    assert 'File "mine.py", line 2, in gradients\n    import os' in failure
    assert failure.startswith("KeyError")


def test_an_endless_recursion_is_shown_in_short(reply_to):
    reply = reply_to("return even()", "def even(): return odd()\ndef odd(): return even()")
    assert reply.failure.endswith("RecursionError: maximum recursion depth exceeded")
    assert len(reply.failure) < 7000


def test_wrong_parameters_say_how_the_function_is_called(program):
    failure = program("def gradients(X, Y): pass").call("gradients", *ARGUMENTS).failure
    assert failure.startswith("TypeError: gradients() takes 2 positional arguments but 6 were given")
    assert failure.endswith("it is called as gradients(W1, b1, W2, b2, X, Y)")


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ("os._exit(3)", "it ended the process with exit(3)"),
        ("exit(3)", "it ended the process with exit(3)"),
        ("exit()", "it ended the process with exit()"),
        ("sys.exit('text')", "it ended the process with exit('text')"),
        ("os._exit(0)", "it ended the process with exit(0)"),
        pytest.param(
            "os.abort()",
            "it crashed (signal SIGABRT)",
            marks=pytest.mark.skipif(os.name == "nt", reason="has no signals"),
        ),
    ],
)
def test_an_end_of_the_process_is_reported_and_the_next_call_starts_afresh(program, body, failure):
    source = f"import os, sys\n{FUNCTION}    if Y[0, 0]: print('before', flush=True); {body}\n    return {{'dW1': W1}}"
    user = program(source)
    reply = user.call("gradients", *ARGUMENTS)
    assert (reply.failure, reply.values, reply.printed) == (failure, None, "before\n")
    assert user.call("gradients", *ARGUMENTS[:-1], 0 * ARGUMENTS[-1]).values.keys() == {"dW1"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="has no fork")
@pytest.mark.parametrize("where", ["before", "body"])
def test_of_a_process_that_copies_itself_the_first_answers(program, where):
    fork = {"before": "", "body": "", where: "os.fork()"}
    user = program(
        f"import os\n{fork['before']}\n{FUNCTION}    {fork['body']}\n    return {{'Y': Y, 'pid': os.getpid()}}"
    )
    for count in range(1, 6):
        values = user.call("gradients", *ARGUMENTS[:-1], count * ARGUMENTS[-1]).values
        assert values["Y"][0, 0] == count
        assert values["pid"] == user._child._process.pid


@pytest.mark.skipif(not hasattr(os, "fork"), reason="has no fork")
def test_a_copy_that_outlives_its_process_does_not_keep_us_waiting(program):
    user = program(f"import os, time\n{FUNCTION}    os._exit(3) if os.fork() else time.sleep(60)")
    assert user.call("gradients", *ARGUMENTS).failure == "it ended the process with exit(3)"


@pytest.mark.parametrize("loop", ["while True: pass", "while True: print('still here')"])
def test_an_endless_loop_is_stopped_and_the_next_call_starts_afresh(program, loop):
    user = program(f"loaded = 1\n{FUNCTION}    if Y[0, 0]:\n        {loop}\n    return {{'dW1': W1}}", timeout=1.5)
    begun = time.monotonic()
    assert user.call("gradients", *ARGUMENTS).failure == "it did not finish within 1.5 s (--timeout)"
    assert time.monotonic() - begun < 6
    assert user.call("gradients", *ARGUMENTS[:-1], 0 * ARGUMENTS[-1]).values.keys() == {"dW1"}


def test_the_time_to_load_again_counts(program, tmp_path):
    user = program(f"import os\n{FUNCTION}    os._exit(1)", timeout=1.5)
    user.call("gradients", *ARGUMENTS)
    (tmp_path / "my_backprop.py").write_text("while True: pass")
    assert "it did not finish within 1.5 s (--timeout)" in user.call("gradients", *ARGUMENTS).failure


def test_what_is_printed_is_kept_apart_and_cannot_be_taken_for_a_result(reply_to):
    fake = '{"failure": "", "values": [["dW1", null]], "notes": {}, "changed": []}'
    body = f"""
        print({fake!r})
        os.write(1, {fake.encode()!r} + b'\\n')
        os.system('echo from the shell')
        print('\\u2202', file=sys.stderr)
        return {{'db1': 1}}
        """
    reply = reply_to(body, "import os, sys\nprint('loading')")
    assert reply.values == {"db1": 1}
    assert reply.printed.endswith("from the shell\n\u2202\n")
    assert reply.printed.count(fake) == 2


def test_each_reply_has_what_its_own_call_printed(program):
    user = program("def gradients(word):\n    print('word', word)\n    return {'dW1': 1}")
    assert [user.call("gradients", i).printed for i in range(20)] == [f"word {i}\n" for i in range(20)]


def test_of_fifty_megabytes_of_output_the_end_is_kept(reply_to):
    reply = reply_to("for i in range(50): print('x' * 10**6)\nprint('end')\nreturn {'dW1': 1}")
    assert reply.values == {"dW1": 1}
    assert len(reply.printed) == 2000
    assert reply.printed.endswith("x\nend\n")


@pytest.mark.parametrize("what", ["sys.stdout.close()", "sys.stdout = None", "os.close(1), os.close(2)"])
def test_a_closed_output_does_no_harm(reply_to, what):
    assert reply_to(f"{what}\nreturn {{'dW1': 1}}", "import os, sys").values == {"dW1": 1}


def test_reading_the_input_meets_its_end(reply_to):
    assert reply_to("return {'rest': len(sys.stdin.read())}", "import sys").values == {"rest": 0}
    assert reply_to("input()").failure.endswith("EOFError: EOF when reading a line")


def test_warnings_do_not_fail(reply_to):
    reply = reply_to("return {'dW1': np.exp(W1 * 1000)}")
    assert np.isinf(reply.values["dW1"]).any()
    assert "RuntimeWarning: overflow" in reply.printed


def test_a_thread_left_running_does_not_hold_the_end(reply_to):
    before = "import threading, time"
    begun = time.monotonic()
    assert reply_to("threading.Thread(target=time.sleep, args=(60,)).start()\nreturn {'dW1': 1}", before).values
    assert reply_to("return {'dW1': 1}").values
    assert time.monotonic() - begun < 10


# Nothing stays behind.


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
@pytest.mark.parametrize("body", ["return {'pid': os.getpid(), 'other': other.pid}", "while True: pass"])
def test_no_process_and_no_file_stays_behind(tmp_path, monkeypatch, body):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    source = f"""
        import os, subprocess
        {FUNCTION.strip()}
            other = subprocess.Popen(['sleep', '60'])
            open({str(tmp_path / "pids")!r}, 'w').write(f'{{os.getpid()}} {{other.pid}}')
            {body}
        """
    (tmp_path / "my_backprop.py").write_text(dedent(source))
    with Program(tmp_path / "my_backprop.py", 1.5) as user:
        user.call("gradients", *ARGUMENTS)
        assert any((tmp_path / "temporary").iterdir())
    assert not any((tmp_path / "temporary").iterdir())
    pids = (tmp_path / "pids").read_text().split()
    assert not Path(f"/proc/{pids[0]}").exists()  # not even a zombie
    assert wait_for(lambda: not alive(pids[1]))


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_when_this_process_is_stopped_the_users_goes_too_and_no_file_stays(tmp_path, number):
    pid, temporary = tmp_path / "pid", tmp_path / "temporary"
    temporary.mkdir()
    writes = "for n in range(10**9): open(os.environ['TRIGRAD_CHECK'] + f'/{n}', 'w').close()"  # while others clean up
    loop = f"{FUNCTION}    open({str(pid)!r}, 'w').write(f'{{os.getpid()}} ')\n    {writes}"
    (tmp_path / "my_backprop.py").write_text(f"import os\n{loop}")
    run = f"""
        from pathlib import Path
        from shared.checking.sandbox.program import Program
        with Program(Path({str(tmp_path / "my_backprop.py")!r}), 60) as user:
            user.call('gradients', 1, 2, 3, 4, 5, 6)
        """
    root = Path(__file__).parents[1]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    command = [sys.executable, "-c", dedent(run)]
    with subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE) as parent:
        assert wait_for(lambda: pid.exists() and pid.read_text().endswith(" "))
        assert any(temporary.iterdir())
        parent.send_signal(number)
        parent.communicate(timeout=10)
    assert wait_for(lambda: not alive(pid.read_text().strip()))
    assert not any(temporary.iterdir())


# A file that cannot be checked.


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.py", None, "there is no such file; check the path"),
        ("folder.py", ..., "this is a folder; name a file in it"),
        ("notes.txt", b"hello", "this is neither a .py file nor a notebook; name the file with your backprop"),
        ("a.py", b"# caf\xe9\n", "this is not text in UTF-8; save it as UTF-8"),
        ("a.py", "x = 1".encode("utf-16"), "this is UTF-16 (as PowerShell's > may write it); save it as UTF-8"),
        (
            "empty.py",
            b"",
            "there is no function or class that could give gradients; write gradients(W1, b1, W2, b2, X, Y) "
            "(--template prints one)",
        ),
    ],
)
def test_a_file_that_cannot_be_read_gets_one_clear_line(tmp_path, name, content, message):
    path = tmp_path / name
    if content is ...:
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckError) as caught, Program(path, TIMEOUT):
        pass
    assert str(caught.value) == f"{path}: {message}"


def test_a_file_in_another_encoding_that_says_so_is_read(tmp_path):
    (tmp_path / "a.py").write_bytes(b"# coding: latin-1\nword = '\xe9'\ndef gradients(): return {'n': len(word)}")
    with Program(tmp_path / "a.py", TIMEOUT) as user:
        assert user.call("gradients").values == {"n": 1}


def test_a_syntax_error_is_shown_with_its_line(program, tmp_path):
    error = refusal(program, "x = 1\ndef gradients(W1:\n    pass\n")
    path = tmp_path / "my_backprop.py"
    assert str(error) == f"{path}, line 2: this is not Python: '(' was never closed"
    assert error.details.startswith(f'File "{path}", line 2\n    def gradients(W1:\n')


def test_a_missing_package_is_named_with_what_installs_it(program):
    error = refusal(program, "import sys\nsys.modules['sklearn'] = None\nimport sklearn")
    assert str(error).endswith("; install it: python -m pip install scikit-learn")
    error = refusal(program, "import sys\nsys.modules['torch'] = None\nimport torch")
    assert str(error).endswith("; install it: python -m pip install torch")


def test_a_missing_file_is_to_be_put_beside_and_not_to_be_installed(program, tmp_path):
    error = refusal(program, "x = 1\nimport nowhere_at_all.sub")
    path = tmp_path / "my_backprop.py"
    assert str(error) == f"{path}, line 2: No module named 'nowhere_at_all'; put nowhere_at_all.py beside it"
    assert error.details.count("File") == 1
    assert "import nowhere_at_all.sub" in error.details


def test_a_missing_part_of_a_module_is_not_to_be_installed(program):
    assert str(refusal(program, "import numpy.nowhere")).endswith("No module named 'numpy.nowhere'")


def test_an_error_while_loading_is_shown_with_its_line(program, tmp_path):
    error = refusal(program, "def half(x):\n    return x / 0\nhalf(1)")
    assert str(error) == f"{tmp_path / 'my_backprop.py'}, line 2: ZeroDivisionError: division by zero"
    assert error.details.count("File") == 2


def test_what_was_printed_while_loading_is_shown_before_the_error(program):
    assert refusal(program, "print('the size is', 3)\n1 / 0").details.startswith(
        "it printed:\nthe size is 3\nTraceback"
    )


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("exit(3)", "it ended the process with exit(3)"),
        ("import os; os._exit(3)", "it ended the process with exit(3)"),
        ("while True: pass", "it did not finish within 1.5 s (--timeout)"),
    ],
)
def test_a_file_that_does_not_finish_loading_is_refused(program, tmp_path, source, what):
    message = f"{tmp_path / 'my_backprop.py'}: when loaded, {what}; "
    assert str(refusal(program, source, 1.5)).startswith(message)


# Where to start.


def test_importing_the_room_imports_nothing_that_takes_long():
    code = "import shared.checking.sandbox.worker, sys; "
    code += "assert not {'torch', 'jax', 'scipy', 'shared.network'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])


def test_the_template_loads_and_says_what_is_to_be_filled_in(program):
    user = program(TEMPLATE)
    assert user.functions == ("gradients",)
    failure = user.call("gradients", *ARGUMENTS).failure
    assert failure.splitlines()[-1].startswith("NotImplementedError: nearly there: fill in Z1, A1,")


def test_the_template_with_its_comments_removed_has_all_functions(program):
    source = TEMPLATE.replace("# def", "def").replace("#     ", "    ")
    assert program(source).functions == ("gradients", "forward", "train")


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
def test_what_has_left_the_session_ends_too(tmp_path):
    body = "    return {'dW1': subprocess.Popen(['sleep', '60'], start_new_session=True).pid}"
    (tmp_path / "my_backprop.py").write_text(f"import subprocess\n{FUNCTION}{body}")
    with Program(tmp_path / "my_backprop.py", TIMEOUT) as user:
        pid = int(user.call("gradients", *ARGUMENTS).values["dW1"])
        assert alive(pid)
    assert wait_for(lambda: not alive(pid))


@pytest.mark.parametrize(("memory", "failure"), [(2**29, "Unable to allocate 1.00 GiB"), (2**33, "")])
def test_a_file_allocates_no_more_memory_than_it_may(tmp_path, memory, failure):
    body = "    np.ones(2**27)\n    return {'dW1': W1}"
    (tmp_path / "my_backprop.py").write_text(f"import numpy as np\n{FUNCTION}{body}")
    with Program(tmp_path / "my_backprop.py", TIMEOUT, memory=memory) as user:
        assert failure in (said := user.call("gradients", *ARGUMENTS).failure)
        assert bool(failure) == bool(said)


def test_an_answer_that_is_too_large_is_not_read(reply_to):
    failure = reply_to("return {'dW1': np.zeros(2**25), 'dW2': np.zeros(2)}").failure
    assert failure == "it returned more than 268,435,456 bytes; return gradients only"


def test_what_a_file_writes_anywhere_is_not_taken_for_an_answer(reply_to):
    fake = b'{"values": [], "failure": "", "changed": [], "notes": {}, "watched": false, "remark": ""}\n'
    body = f"""
        for k in range(3, 30):
            try: os.write(k, {fake!r})
            except OSError: pass
        return {{'dW1': 1.5}}
        """
    assert reply_to(body, before="import os").values["dW1"] == 1.5
