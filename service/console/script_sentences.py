"""The sentences that the console's scripts say, for their pages: `said.js` finds them by their English.

A page in English carries none of them. `tests/texts/test_hard_coded.py` compares the lists with the scripts.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from texts import translation
from texts.translation import gettext, later

#: Said on any page: by times.js, copy.js, exports.js, sending.js and forms.js.
_ANYWHERE = (
    later("just now"),
    later("Copied."),
    later("Copied"),
    later("It is selected: copy it by hand."),
    later("Export"),
    later("Stop"),
    later("%(done)s of %(total)s"),
    later("%(done)s so far"),
    later("The export ended early. Try it again."),
    later("Save %(file)s"),
    later("Done: %(number)s in the file."),
    later("Counting …"),
    later("Stopped. Nothing was saved."),
    later("The connection was lost, so there is no file. Try again in a moment."),
    later("The server failed (%(status)s). Try again in a moment."),
    later("The server did not answer in time. Try again."),
    later("The server cannot be reached. Try again in a moment."),
    later("Sign in"),
    later(", and try again here."),
)
#: Said wherever comments are decided: by cards.js and bulk.js.
_DECIDING = (
    later("%(number)s selected"),
    later("Select none"),
    later("Select all on this page"),
    later("Take it back"),
    later("Undo"),
)
#: Said in the queue.
_QUEUE = (
    *_DECIDING,
    later("%(name)s is looking at this."),
    later("%(name)s is looking at this"),
    later("%(name)s is looking at this, too."),
    later("%(name)s is looking at this, too"),
    later("The server cannot be reached. Read on; what you decide now comes back to its card."),
    later("The server is there again: try once more."),
    later("Thread and author are shown below the comment. Escape closes them."),
    later("Undoing…"),
    later("There is nothing to undo in this tab."),
    later("The decision on the comment by %(name)s was not taken back."),
    later("The comment by %(name)s:"),
    later("%(verb)s: the reason"),
    later("Again: %(what)s"),
    later("You are no longer signed in, and do not see here what others do. What you typed is kept."),
    later(", and go on here."),
    later("This comment was changed just now. You see the new text when you leave this card."),
    later("It waits in the queue again."),
    later("%(number)s new, show it"),
    later("%(number)s new, show them"),
    later("%(number)s new"),
    later("The comment is shown."),
    later("The comment is hidden."),
)
#: Said in the list of all comments.
_COMMENTS = (
    *_DECIDING,
    later("That is how it is already, or it cannot be decided."),
    later("Nothing was decided on this page yet."),
)
#: Said on a policy's page.
_POLICY = (
    later("%(label)s (%(from)s and %(reject)s)"),
    later("never"),
    later("The server cannot be reached, so the numbers stand still."),
    later("Saving…"),
)
_OF_PAGES: Mapping[str, tuple[str, ...]] = {
    "console.show_queue": _QUEUE,
    "console.list_comments": _COMMENTS,
    "console.show_policy": _POLICY,
    "console.change_policy": _POLICY,
}
#: All of them, for the test.
ALL = (*_ANYWHERE, *_QUEUE, *_COMMENTS, *_POLICY)


def of_page() -> Mapping[str, str]:
    """English sentence -> the one in the language of now, for the scripts of this page; in English, none."""
    if translation.current() == translation.SOURCE:
        return {}
    return {sentence: gettext(sentence) for sentence in (*_ANYWHERE, *_OF_PAGES.get(request.endpoint or "", ()))}
