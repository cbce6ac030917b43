"""No sentence of a translated page is written where the catalogues cannot see it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from service import console
from service.console import script_sentences

pytestmark = pytest.mark.one_database

CONSOLE = Path(console.__file__).parent
#: What is the same in every language: names of ours, of keys, of formats.
SAME = {"Winnow", "CSV", "NDJSON", "JSON", "ms", "Enter", "Slack", "Mattermost", "Telegram", "UTC", "https"}
WORDS = re.compile(r"[^\W\d_]{2,}")
SENTENCE = re.compile(r"[A-Z][a-z]+|[a-z]{2,} [a-z]{2,}")
SAID_ATTRIBUTES = {"aria-label", "placeholder", "title", "alt"}
#: Functions whose sentence is said to people.
TELLING = {"abort": 1, "done": 0, "flash": 0, "refuse": 1, "_done": 0}


def finished(pattern: str) -> list[Path]:
    """The files of the console's groups of pages, and of what groups share."""
    return sorted(file for file in CONSOLE.rglob(pattern) if "__pycache__" not in file.parts)


class Told(HTMLParser):
    """The texts of a page: what its elements hold, and what their attributes say."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"code", "kbd"}
        self.texts += [value for name, value in attrs if name in SAID_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"code", "kbd"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


def in_template(source: str) -> Iterator[str]:
    """The words of a template that are not said by `_`."""
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"])
    tree = environment.parse(source)
    page = Told()
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            page.feed(node.data if isinstance(node, nodes.TemplateData) else "x")
            if not isinstance(node, nodes.TemplateData):
                yield from (text for text in _constants(node) if SENTENCE.search(text))
    for text in (text for text in page.texts if not text.lstrip().startswith(("class=", "aria-"))):
        if any(word not in SAME and word.strip("x") for word in WORDS.findall(text)):
            yield text.strip()


def _constants(node: nodes.Node) -> Iterator[str]:
    """The strings that an expression may show."""
    if isinstance(node, nodes.Const):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, nodes.CondExpr):
        for either in (node.expr1, node.expr2):
            if either is not None:
                yield from _constants(either)
    elif isinstance(node, nodes.Filter):
        if node.node is not None:
            yield from _constants(node.node)
    elif isinstance(node, nodes.Concat | nodes.Or | nodes.Add):
        for part in node.iter_child_nodes():
            yield from _constants(part)
    elif isinstance(node, nodes.Getitem):
        yield from _constants(node.node)
    elif isinstance(node, nodes.Dict):
        for pair in node.items:
            yield from _constants(pair.value)


def in_python(source: str) -> Iterator[str]:
    """The sentences that views say without `gettext`."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TELLING):
            continue
        said = node.args[TELLING[node.func.id] :][:1]
        if said and isinstance(said[0], ast.Constant | ast.JoinedStr):
            yield ast.unparse(said[0])


def in_parts(source: str) -> Iterator[str]:
    """The sentences that stand within an f-string, where Babel does not find them, so that no catalogue has them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in {"gettext", "ngettext"}:
                    yield from (ast.unparse(given) for given in call.args if isinstance(given, ast.Constant))


def in_style(source: str) -> Iterator[str]:
    """The words that a style says by itself."""
    for content in re.findall(r"\bcontent:([^;]*);", source):
        yield from (text for text in re.findall(r'"([^"]*)"', content) if WORDS.search(text))


def on_a_side(source: str) -> list[str]:
    """What a style says of the left or the right, also by four lengths that differ. A page is read from either."""
    code = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    named = re.findall(r"[^;{]*(?:\b(?:left|right)\s*:|:\s*(?:left|right)\b)[^;{]*;", code)
    lengths = re.findall(r"[^;{]*\b(?:padding|margin|inset|border-width): *\S+ (\S+) \S+ (\S+);", code)
    return [one.strip() for one in named] + [" ".join(pair) for pair in lengths if pair[0] != pair[1]]


def in_script(source: str) -> Iterator[str]:
    """The sentences of a script that it does not say by `say`."""
    code = re.sub(r"^\s*//.*$|(?<=\s)//\s.*$", "", source, flags=re.MULTILINE)
    code = re.sub(r'\bsay\(\s*"[^"\n]*"', "say(", code)
    for found in re.finditer(r"([\"`])((?:(?!\1)[^\n\\])*)\1", code):
        if re.search(r"(?:^|[^\w.#-])[A-Z][a-z]+[ .…]|[A-Z][a-z]+ [a-z]+ |\} [a-z]+ ?", found[2]):
            yield found[2]


@pytest.mark.parametrize("file", finished("*.html"), ids=lambda file: file.name)
def test_a_translated_template_says_every_sentence_through_the_catalogues(file: Path) -> None:
    assert list(in_template(file.read_text())) == []


def test_views_of_translated_pages_say_every_sentence_through_the_catalogues() -> None:
    found = {f"{file.name}: {text}" for file in finished("*.py") for text in in_python(file.read_text())}
    assert sorted(found) == []


def test_no_sentence_is_said_within_an_f_string_or_by_a_style() -> None:
    found = {f"{file.name}: {text}" for file in finished("*.py") for text in in_parts(file.read_text())}
    found |= {f"{file.name}: {text}" for file in finished("*.css") for text in in_style(file.read_text())}
    assert sorted(found) == []


def test_no_style_of_a_translated_page_takes_sides() -> None:
    found = {f"{file.name}: {text}" for file in finished("*.css") for text in on_a_side(file.read_text())}
    assert sorted(found) == []
    assert on_a_side("a { padding: 0 1px 0 1px; float: inline-start; } b { padding: 1px 0 1px 2px; }") == ["0 2px"]
    assert on_a_side("a { text-align: left; /* right; */ border-right: 0; }") == [
        "text-align: left;",
        "border-right: 0;",
    ]


def test_scripts_of_translated_pages_say_every_sentence_through_the_catalogues() -> None:
    found = {f"{file.name}: {text}" for file in finished("*.js") for text in in_script(file.read_text())}
    assert sorted(found) == []


def test_every_sentence_of_a_script_is_sent_to_its_pages() -> None:
    said = {
        found[1] for file in finished("*.js") for found in re.finditer(r'\bsay\(\s*"((?:[^"\\\n])*)"', file.read_text())
    }
    assert said == set(script_sentences.ALL)


@pytest.mark.parametrize(
    "source",
    [
        "<p>Nobody translated this.</p>",
        '<p title="Nobody">{{ _("Somebody did.") }}</p>',
        '{{ "Nobody" if may else _("Somebody") }}',
        '<p>{% if may %}{{ _("Somebody") }}{% else %}nobody{% endif %}</p>',
        '{{ {"a": "Nobody"}[kind] }}',
    ],
)
def test_english_in_a_template_is_noticed(source: str) -> None:
    assert len(list(in_template(source))) == 1


def test_english_in_a_script_a_style_or_a_view_is_noticed() -> None:
    assert list(in_style('a::before { content: " [much: "; } b::after { content: "…" attr(data-x) "]"; }')) == [
        " [much: "
    ]
    assert list(in_parts("f\"{name}: {gettext('Nobody')} {gettext(name)}\"")) == ["'Nobody'"]
    assert list(in_script('tell(card, "Undoing it", say("Undo it all"));')) == ["Undoing it"]
    assert list(in_script("tell(`${name} is looking`);")) == ["${name} is looking"]
    assert list(in_python('abort(404, "Nobody."); abort(422, gettext("Somebody."))')) == ["'Nobody.'"]
