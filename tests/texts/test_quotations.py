"""What a text quotes of others, in the ways that people and editors quote."""

from __future__ import annotations

from itertools import pairwise

import pytest

from texts import quotations

QUOTED = "you are an idiot"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (f"> {QUOTED}\n\nPlease stop.", "Please stop."),
        (f">{QUOTED}\n>> {QUOTED}\nPlease stop.", "Please stop."),
        (f"Look:\r\n  > {QUOTED}\r\nPlease stop.", "Look: Please stop."),
        (f"&gt; {QUOTED}<br>Please stop.", "<br>Please stop."),
        (f"<p>&gt; {QUOTED}</p><p>Please stop.</p>", "<p> </p><p>Please stop.</p>"),
        (f"<blockquote>{QUOTED}</blockquote><p>Please stop.</p>", "<p>Please stop.</p>"),
        (f'<BLOCKQUOTE class="a"><p>{QUOTED}</p>\n{QUOTED}</BLOCKQUOTE>Please stop.', "Please stop."),
        (f"<blockquote>a<blockquote>{QUOTED}</blockquote>b</blockquote>Please stop.", "Please stop."),
        (f"He says <q>{QUOTED}</q>. Please stop.", "He says . Please stop."),
        (f"[quote]{QUOTED}[/quote]Please stop.", "Please stop."),
        (f'[quote="Bob, post:3"]{QUOTED}[/quote]\nPlease stop.', "Please stop."),
        (f"[QUOTE=Bob][quote]{QUOTED}[/quote]x[/QUOTE]Please stop.", "Please stop."),
        (f"Bob wrote: {QUOTED}\n\nPlease stop.", "Please stop."),
        (f"Bob wrote:\n{QUOTED}\n{QUOTED}\n\nPlease stop.", "Please stop."),
        (f"On 3 May 2026 at 10:15, Bob Hill wrote:\n> {QUOTED}\n\nPlease stop.", "Please stop."),
        (f"<blockquote>{QUOTED}", ""),
        # marks
        (f"“{QUOTED}” is no answer.", "is no answer."),
        (f'You said "{QUOTED}". Please stop.', "You said . Please stop."),
        (f"You said '{QUOTED}'. Please stop.", "You said . Please stop."),
        (f"‘I don’t think {QUOTED}’, he says.", ", he says."),
        (f"«{QUOTED}» Arrêtez.", "Arrêtez."),
        (f"« {QUOTED} » Arrêtez.", "Arrêtez."),
        (f"«a «{QUOTED}» b» Basta.", "Basta."),
        (f"„{QUOTED}“ Bitte nicht.", "Bitte nicht."),
        (f"„{QUOTED}” Proszę.", "Proszę."),
        (f"»{QUOTED}« Bitte nicht.", "Bitte nicht."),
        (f"»{QUOTED}» Ei näin.", "Ei näin."),
        (f"”{QUOTED}” Sluta.", "Sluta."),
        (f"‹{QUOTED}› ‚{QUOTED}‘ Halt.", "Halt."),
        (f"「{QUOTED}」『{QUOTED}』やめて", "やめて"),
        (f"＂{QUOTED}＂ 〝{QUOTED}〟 Stop.", "Stop."),
        (f"``{QUOTED}'' Stop.", "Stop."),
        (f"&ldquo;{QUOTED}&rdquo; &#171;{QUOTED}&#187; &quot;{QUOTED}&quot; Stop.", "Stop."),
        (f"&amp;quot;{QUOTED}&amp;quot; Stop.", "Stop."),
        # lines
        (f"＞ {QUOTED}\n› {QUOTED}\n» {QUOTED}\n| {QUOTED}\n│ {QUOTED}\nStop.", "Stop."),
        (f"AB> {QUOTED}\n \u00a0> {QUOTED}\u2028> {QUOTED}\nStop.", "Stop."),
        (f"%3E {QUOTED}%0AStop.", "Stop."),
        (f'<div class="a">&gt;{QUOTED}<br class="b">Stop.</div>', '<div class="a"> <br class="b">Stop.</div>'),
        (f"bq. {QUOTED}\nStop.", "Stop."),
        # headings
        (f"On Tue, Nov 3, 2026 at 10:15 AM Bob Hill <bob@b.example> wrote:\n{QUOTED}\n\nStop.", "Stop."),
        (f"Am 3.11.2026 um 10:15 schrieb Bob Hill:\n{QUOTED}\n\nHalt.", "Halt."),
        (f"Le mar. 3 nov. 2026 à 10:15, Bob a écrit :\n{QUOTED}\n\nArrêtez.", "Arrêtez."),
        (f"El mar, 3 nov 2026 a las 10:15, Bob escribió:\n{QUOTED}\n\nBasta.", "Basta."),
        (f"Il giorno 3 nov Bob ha scritto:\n{QUOTED}\n\nBasta.", "Basta."),
        (f"Em ter, 3 de nov, Bob escreveu:\n{QUOTED}\n\nPare.", "Pare."),
        (f"Op 3 nov schreef Bob Hill:\n{QUOTED}\n\nStop.", "Stop."),
        (f"Bob napisał(a): {QUOTED}\n\nDość.", "Dość."),
        (f"Bob skrev: {QUOTED}\n\nSluta.", "Sluta."),
        (f"Боб написал: {QUOTED}\n\nХватит.", "Хватит."),
        (f"Bob yazdı: {QUOTED}\n\nYapma.", "Yapma."),
        (f"ボブさんは書きました：\n{QUOTED}\n\nやめて", "やめて"),
        (f"鲍勃写道：{QUOTED}\n\n别这样", "别这样"),
        (f"كتب بوب: {QUOTED}\n\nStop.", "Stop."),
        (f"Originally posted by Bob\n{QUOTED}\n\nStop.", "Stop."),
        (f"Quote from: Bob on 3 May\n{QUOTED}\n\nStop.", "Stop."),
        (f"Stop.\n\n-----Original Message-----\nFrom: Bob\n\n{QUOTED}", "Stop."),
        (f"Stop.\n\nFrom: Bob <b@b.example>\nSent: Monday\nTo: Ada\nSubject: Re: hi\n\n{QUOTED}", "Stop."),
        (f"Halt.\r\n**Von:** Bob\r\n**Gesendet:** Montag\r\n**An:** Ada\r\n\r\n{QUOTED}", "Halt."),
        (f'Stop.<div dir="ltr" class="gmail_quote">{QUOTED}</div>', "Stop."),
        (f"Bob  10:01 AM\n{QUOTED}\n\nStop.", "Stop."),
        # chats and other markup
        (f"<Bob> {QUOTED}\n[10:01] <@Bob> {QUOTED}\n[28/11/2026, 10:01] Bob H.: {QUOTED}\nStop.", "Stop."),
        (f"% {QUOTED}\n: {QUOTED}\nStop.", "Stop."),
        (f"<cite>{QUOTED}</cite> Stop.", "Stop."),
        (f"{{{{quote|{QUOTED}}}}} {{{{tq|{QUOTED}}}}} Stop.", "Stop."),
        (f"\\begin{{quote}}\n{QUOTED}\n\\end{{quote}} Stop.", "\\end{quote} Stop."),
        (f"#+BEGIN_QUOTE\n{QUOTED}\n#+END_QUOTE\nStop.", "#+END_QUOTE Stop."),
        (f"[quote,Bob]\n____\n{QUOTED}\n____\nStop.", "[quote,Bob] Stop."),
        (f"____\n{QUOTED}\n____\nStop.", "Stop."),
        (f"  {QUOTED}\n\n  -- Bob\n\nStop.", "Stop."),
        # no quotation
        (f"<b> {QUOTED}\n<i>{QUOTED}", f"<b> {QUOTED} <i>{QUOTED}"),
        (f"From: me\n{QUOTED}", f"From: me {QUOTED}"),
        (f"  {QUOTED}\n\n- Bob", f"{QUOTED} - Bob"),
        (f"At 10:01\n{QUOTED}", f"At 10:01 {QUOTED}"),
        (f"50% {QUOTED} :) %", f"50% {QUOTED} :) %"),
        (f"____\n{QUOTED}", f"____ {QUOTED}"),
        (f"[10:01] {QUOTED}", f"[10:01] {QUOTED}"),
        (QUOTED, QUOTED),
        (f"a > b, {QUOTED}", f"a > b, {QUOTED}"),
        (f"{QUOTED}</blockquote>", f"{QUOTED}</blockquote>"),
        (f"I wrote nothing. {QUOTED}", f"I wrote nothing. {QUOTED}"),
        (f"<quotex>{QUOTED} <3", f"<quotex>{QUOTED} <3"),
        (f'<a href="/" title="x">{QUOTED}</a>', f'<a href="/" title="x">{QUOTED}</a>'),
        (f"I'm 6' 2\", {QUOTED}, don't you're", f"I'm 6' 2\", {QUOTED}, don't you're"),
        (f'The 5" disk and the 3" one, {QUOTED}', f'The 5" disk and the 3" one, {QUOTED}'),
        (f"“{QUOTED} \n\n {QUOTED}", f"“{QUOTED} {QUOTED}"),
        (f"Look at https://b.example/said: {QUOTED}", f"Look at https://b.example/said: {QUOTED}"),
        (f"Note: {QUOTED}", f"Note: {QUOTED}"),
    ],
)
def test_what_is_left_is_the_authors_own(text: str, own: str) -> None:
    assert " ".join(quotations.own_words(text).split()) == own


def test_spans_are_in_order_and_apart() -> None:
    text = f"> {QUOTED}\nx\n<blockquote>a\n> b</blockquote>\nBob wrote: [quote]c[/quote]\n\nend"
    found = quotations.spans(text)
    assert len(found) == 3
    assert all(start < end for start, end in found)
    assert all(before[1] <= after[0] for before, after in pairwise(found))
