"""Wrong answers to the exercises of the lesson *tape*, each with words that explain it."""

from tests.support.answers import changed

FAULT = 'from rnn.lessons.tape_faults import FAULTS\nanswer = FAULTS["{}"].tape'

# As most people write it: closures, a recursive search for the order, totals kept in .grad.
CLOSURES = """
import math

class answer:
    def __init__(self, data, sources=()):
        self.data, self.grad, self.sources, self.pull = data, 0.0, sources, lambda: None

    def __add__(self, other):
        out = answer(self.data + other.data, (self, other))
        def pull():
            self.grad += out.grad
            other.grad += out.grad
        out.pull = pull
        return out

    def __mul__(self, other):
        out = answer(self.data * other.data, (self, other))
        def pull():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out.pull = pull
        return out

    def tanh(self):
        out = answer(math.tanh(self.data), (self,))
        def pull():
            self.grad += (1 - out.data ** 2) * out.grad
        out.pull = pull
        return out

    def backward(self):
        order, seen = [], set()
        def visit(v):
            if v not in seen:
                seen.add(v)
                for s in v.sources:
                    visit(s)
                order.append(v)
        visit(self)
        for v in order:
            if v.sources:
                v.grad = 0.0
        self.grad = 1.0
        for v in reversed(order):
            v.pull()
"""

TEST = """
import math

def grad(program, *at):
    leaves = [Scalar(x) for x in at]
    program(*leaves).backward()
    return [leaf.grad for leaf in leaves]

def near(a, b):
    assert abs(a - b) < 1e-6

def answer(cls):
    global Scalar
    Scalar = cls
    near(grad(lambda w, x, b: (w * x + b).tanh(), 0.6, 0.5, 0.1)[0], 0.4278193)
"""

MORE = TEST + """
    near(grad(lambda a, b: a * b + a, 3.0, 2.0)[0], 3.0)
    near(grad(lambda a: a * a, 3.0)[0], 6.0)
"""

LONG = """
    a = h = Scalar(1.0)
    for _ in range(3000):
        h = h + a
    h.backward()
"""

WRONG = {
    "tape.1": [
        (FAULT.format("factor"), "it is smaller, by 0.000786"),
        (FAULT.format("swapped"), "times the *other* one"),
        (FAULT.format("overwritten"), "one contribution of two"),
        (FAULT.format("order"), "not 4 but 196"),
        (FAULT.format("forgets"), "it adds"),
        (FAULT.format("hands_on_old"), "h handed on its `.grad`, old and new"),
        (FAULT.format("recursive"), "walks every way"),
        (CLOSURES, "RecursionError after 5000 additions"),
        (changed(CLOSURES, """
        for v in order:
            if v.sources:
                v.grad = 0.0""", ""), "h handed on its `.grad`, old and new"),
        (changed(CLOSURES, """
            if v.sources:
                v.grad = 0.0""", """
            v.grad = 0.0"""), "the second call has cleared"),
        (changed(CLOSURES, "reversed(order)", "order"), "begins with what was made last"),
        (changed(CLOSURES, "self.grad += out.grad", "self.grad = out.grad",
                 "other.grad += out.grad", "other.grad = out.grad"), "one contribution of two"),
        (changed(CLOSURES, "self.grad += other", "self.grad = other"), "(`=` for `+=`)"),
        (changed(CLOSURES, "out.data ** 2", "self.data ** 2"), "not 1 - a²"),
        (changed(CLOSURES, "(1 - out.data ** 2) * ", "out.data * (1 - out.data) * "), "logistic"),
        (changed(CLOSURES, "answer(self.data + other.data, (self, other))",
                 "self.data + other.data"), "'float' object has no attribute 'pull'"),
        (changed(CLOSURES, "def tanh", "def tan"), "`tanh`"),
        (changed(CLOSURES, "data, 0.0,", "data, 1.0,"), "`.grad` of a new value is not 1"),
        (changed(CLOSURES, "self.data * other.data, (self", "self.data + other.data, (self"),
         "(a * b).data"),
    ],
    "tape.2": [
        ("answer = ['L', 'u', 's', 'v', 'h', 'w']", "u is swept before s, which uses it"),
        ("answer = ['L', 's', 'u', 'h', 'v', 'w']", "h is swept before v, which uses it"),
        ("answer = ['w', 'h', 'u', 'v', 's', 'L']", "a sweep begins where a derivative is known"),
        ("answer = ['L', 'v', 's', 'u', 'h', 'w']", "v is swept before s"),
        ("answer = ['L', 's', 'v', 'h', 'u', 'w']", "∂L/∂w comes out as"),
        ("answer = ['L', 's', 'u', 'h', 'w']", "each of L, h, s, u, v, w once"),
    ],
    "tape.3": [
        ("def answer(Scalar):\n    pass", "passes for 8 of 8 broken tapes"),
        (TEST, "passes for 6 of 8"),
        (MORE, "passes for 4 of 8"),
        (MORE + LONG, "swept by their distance from the end"),
        (TEST.replace("1e-6", "1e-2"), "1.001 times too large"),
        (TEST.replace("0.4278193", "0.5"), "fails on a tape that is right (AssertionError"),
        (TEST.replace("(w * x + b).tanh()", "(w * x + b).relu()"), "(AttributeError"),
    ],
}
