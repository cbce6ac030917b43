"""Which `traceparent` names a span; and OpenTelemetry is hidden from libraries until it is asked for."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.traces import hiding, otlp
from tests.support import ROOT

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("traceparent", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),  # other flags may come to mean something
        (f"00-{TRACE}-{SPAN}-fe", False),
        (f"01-{TRACE}-{SPAN}-01", True),  # a later version is read as far as we know it
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-brings", True),
    ],
)
def test_a_span_is_named_by_its_trace_its_id_and_whether_it_is_sampled(traceparent: str, *, sampled: bool) -> None:
    context = otlp._context_of(traceparent)
    assert context is not None
    assert (f"{context.trace_id:032x}", f"{context.span_id:016x}") == (TRACE, SPAN)
    assert context.trace_flags.sampled is sampled
    assert context.is_remote
    assert context.is_valid


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        TRACE,
        f"ff-{TRACE}-{SPAN}-01",  # no version
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}0-01",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01-more",  # this version has no more
        f"01-{TRACE}-{SPAN}-01more",
        f"01-{TRACE}-{SPAN}-01-{'x' * 201}",
        f"00-{TRACE}-{SPAN}-01\n",
        f" 00-{TRACE}-{SPAN}-01",
    ],
)
def test_what_names_no_span_is_nobodys_child(traceparent: str | None) -> None:
    assert otlp._context_of(traceparent) is None


@given(st.text(st.sampled_from("0123456789abcdef-fF \n"), max_size=70))
def test_whatever_somebody_sends_is_a_valid_span_or_none(traceparent: str) -> None:
    context = otlp._context_of(traceparent)
    assert context is None or context.is_valid


def test_attributes_that_are_not_known_are_left_out() -> None:
    assert otlp._known({"a": 1, "b": None, "c": "", "d": False}) == {"a": 1, "c": "", "d": False}


@pytest.fixture
def hidden() -> Iterator[None]:
    before = list(sys.meta_path)
    hiding.hide()
    yield
    sys.meta_path[:] = before


@pytest.mark.usefixtures("hidden")
def test_it_is_hidden_once_and_shown_again_however_often_it_is_asked_for() -> None:
    hiding.hide()
    assert sys.meta_path.count(hiding._HIDING) == 1
    hiding.show()
    hiding.show()
    assert hiding._HIDING not in sys.meta_path
    assert importlib.util.find_spec("opentelemetry.trace") is not None


def test_what_is_hidden_is_not_found_and_all_else_is() -> None:
    program = (
        "from operations.traces import hiding; hiding.hide()\n"
        "try:\n    import opentelemetry.trace\nexcept ModuleNotFoundError as error: print(error.name)\n"
        "import structlog, redis\n"
        "hiding.show(); import opentelemetry.trace; print('found')"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["opentelemetry", "found"]
