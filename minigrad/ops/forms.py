"""How a function is called: under which name, in whose words, and in which order of arguments.

An op has arguments and keywords of its own. NumPy's function of that kind has others, in another
order; PyTorch's has ``dim`` for ``axis``; some words make a call one of another function. A `Form`
says all this of one name, and `read` makes of a call the function that it is of, with that one's
own arguments. So there is one layer between a user's call and an op, whatever the words.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from ..engine.failures import explain
from ..engine.keywords import known, plain_call
from ..engine.op import Op
from ..errors import MinigradError, NoDerivativeError

__all__ = ["Either", "Form", "caller", "form_of"]

Function = Callable[..., Any]


class Either(NamedTuple):
    """The other of two meanings of a name, NumPy's and PyTorch's, and the words of its own.

    call: a function. words: keywords that only it has. others: those that only the first has.
    truth: whether True or False among the first two arguments after the tensor is a word of its
    own.
    """

    call: Function
    words: frozenset[str]
    others: frozenset[str]
    truth: bool


class Form(NamedTuple):
    """What a name is called with, and what it calls.

    name: what errors call it. call: an op, or a function made of ops.
    function: NumPy's function whose order of arguments it takes, where `call` is an op.
    order: the names of what is given by position, where they differ from those of `call`.
    words: keywords that mean one of those of `call`.
    truth: the keyword that True or False stands for after an axis, the second argument.
    part: what the words ``where``, ``initial`` and ``mean`` make of a reduction.
    either: another meaning of the name, which the words of a call can choose.
    metadata: which arguments are no operands (minigrad.engine.keywords).
    explained: whether errors get the name and the arguments of the call; those of an op of that
        name have them already.
    """

    name: str
    call: Function
    function: Any = None
    order: tuple[str, ...] = ()
    words: Mapping[str, str] = {}
    truth: str | None = None
    part: Callable[..., Any] | None = None
    either: Either | None = None
    metadata: tuple[tuple[int, str], ...] = ()
    explained: bool = False

    @property
    def op(self) -> Op | None:
        """The record behind `call`, if that is an op."""
        return getattr(self.call, "op", None)

    def names(self, name: str) -> bool:
        """Whether errors of a call name it so already."""
        own = self.op.name if self.op else None
        return self.name == name and (self.explained or own == name)


def form_of(function: Function) -> Form:
    """How a function is called; one that has no form, as it is."""
    found: Form | None = getattr(function, "form", None)
    return found or Form(getattr(function, "__name__", "function"), function)


def caller(form: Form, like: Function | None = None) -> Any:
    """The function that users call. like: whose signature and help text it has, if not those of
    what it calls."""
    target, op, either = form.call, form.op, form.either and form.either.call
    arity = 1 if op is None else len(op.arguments)
    direct = not form.metadata
    explained = form.explained and not (op and op.name == form.name)

    def called(*args: Any, **keywords: Any) -> Any:
        function = None
        try:
            if direct and not keywords and len(args) == arity:  # the usual call: operands only
                function = target
            else:
                function, args, keywords = read(form, args, keywords)
            return function(*args, **keywords)
        except (ValueError, TypeError, IndexError) as error:
            if not explained or function is either:
                raise
            if isinstance(error, MinigradError) and (other := _renamed(error, form.name)):
                raise other from None
            if isinstance(error, MinigradError) or function is None:  # words that do not fit
                raise
            _explain(form.name, function, args, keywords, error)

    call: Any = functools.update_wrapper(called, like or target)
    if like is None and op is not None and _is_in_order(form.function, op):
        call.__wrapped__ = form.function  # its signature
    call.form, call.__name__ = form, form.name
    return call


def read(
    form: Form, args: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[Function, tuple[Any, ...], dict[str, Any]]:
    """What a call is of: a function, its arguments by position, and its keywords."""
    if form.either is not None and _chooses(form.name, form.either, args, keywords):
        return form.either.call, args, keywords
    if form.words and keywords:
        keywords = _own_words(form, keywords)
    if form.truth and len(args) > 1:
        args, keywords = _by_truth(form.truth, args, keywords)
    if form.part is not None and (found := form.part(args, keywords)) is not None:
        return found  # type: ignore[no-any-return]  # such a triple
    if form.order and keywords:
        args, keywords = _by_position(form.order, args, keywords)
    if form.function is not None:
        args, keywords = _in_order(form, args, keywords)
    if form.metadata:
        args, keywords = plain_call(form.name, form.metadata, args, keywords)
    return form.call, args, keywords


# -- words


def _chooses(name: str, other: Either, args: Sequence[Any], keywords: Mapping[str, Any]) -> bool:
    """Whether the words of a call are those of the other meaning."""
    foreign = keywords.keys() & other.words
    if other.truth and bool in map(type, args[1:3]):  # keepdim, unbiased
        foreign = foreign | {"a truth value there"}
    if foreign and (native := keywords.keys() & other.others):
        raise TypeError(
            f"x.{name}({', '.join(f'{k}=' for k in keywords)}): of {min(native)!r} and "
            f"{min(foreign)!r} one is NumPy's word and one PyTorch's, and the two mean "
            f"different things by {name}; use the words of one"
        )
    return bool(foreign)


def _own_words(form: Form, keywords: dict[str, Any]) -> dict[str, Any]:
    words = form.words
    if keywords.keys().isdisjoint(words):
        return keywords
    given = {words.get(k, k): _axes(v) if k == "dim" else v for k, v in keywords.items()}
    if len(given) < len(keywords):
        raise TypeError(
            f"{form.name}() received two of {', '.join(keywords)} that are the same in NumPy's "
            f"words and in PyTorch's; give one"
        )
    return given


def _axes(value: Any) -> Any:
    """What PyTorch's `dim` means as NumPy's axis: a list is a tuple, and none of them is all."""
    return value if not isinstance(value, list | tuple) else tuple(value) or None


def _by_truth(
    truth: str, args: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    x, first, *rest = args
    if len(rest) == 1 and type(rest[0]) is bool and truth not in keywords:
        rest, keywords = [], {**keywords, truth: rest[0]}
    return (x, _axes(first) if type(first) is list else first, *rest), keywords


# -- order


def _by_position(
    order: Sequence[str], args: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A call with those of its keywords by position that go on where its arguments end."""
    keywords = dict(keywords)
    for name in order[len(args) :]:
        if name not in keywords:
            break
        args = (*args, keywords.pop(name))
    return args, keywords


def _in_order(
    form: Form, args: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A call in the order of NumPy's function, some of whose arguments are refused, as the op's."""
    op: Any = form.op
    arity = len(op.arguments)
    if len(args) == arity and keywords.keys() <= op.params.keys():
        return args, keywords
    signature = _signature(form.function, op)
    if signature is None:
        return args, known(op, keywords)
    names = _positional(signature)
    if arity <= len(args) <= len(names) and not keywords:  # np.sum(x, 0): `bind` is slow
        given = dict(zip(names[arity:], args[arity:], strict=False))
        return args[:arity], known(op, given)
    try:
        given = dict(signature.bind(*args, **keywords).arguments)
    except TypeError as error:
        raise TypeError(f"{op.name}() {error}") from None
    arrays = [given.pop(name) for name in names[:arity] if name in given]
    return tuple(arrays), known(op, given)


@functools.cache
def _signature(function: Any, op: Op) -> inspect.Signature | None:
    """That of a NumPy function which has all the keywords of the op."""
    return inspect.signature(function) if _is_in_order(function, op) else None


def _is_in_order(function: Any, op: Op) -> bool:
    """Whether a function of NumPy is written in Python and has all the keywords of an op."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or op.variadic:
        return False
    return op.params.keys() <= set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def _positional(signature: inspect.Signature) -> list[str]:
    return [name for name, p in signature.parameters.items() if p.kind is not p.KEYWORD_ONLY]


# -- errors

_REFUSED = re.compile(r"[\w.]+(?=\(\.\.\., )")  # sum(..., where=...) has no derivative


def _renamed(error: MinigradError, name: str) -> MinigradError | None:
    """The error by which an op inside refuses an argument, in the name of what was called."""
    text = str(error)
    found = _REFUSED.match(text)
    if not isinstance(error, NoDerivativeError) or not found or found[0].rpartition(".")[2] == name:
        return None
    return type(error)(name + text[found.end() :])


def _explain(name: str, function: Function, args: Any, keywords: Any, error: Exception) -> NoReturn:
    """Raise `error` again under the name that was called, with what it was given."""
    if str(error).startswith(f"{name}: "):  # it names the call itself
        raise error
    inner = error.__cause__  # an op inside has named itself; the caller does not know that op
    cause = inner if isinstance(inner, Exception) else error
    op: Op | None = getattr(function, "op", None)
    if op is not None:
        arity = len(op.arguments)
        options = {**dict(zip(op.params, args[arity:], strict=False)), **keywords}
        explain(cause, name, op.arguments, args[:arity], options)
    try:
        given = dict(inspect.signature(function).bind(*args, **keywords).arguments)
    except TypeError:  # a wrong number of arguments explains itself
        raise error from None
    explain(cause, name, (), (), given)
