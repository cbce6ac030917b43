"""The model card: what we say of the classifier, and the tables that `winnow evaluate` measures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

Table = tuple[str, list[str], list[list[str]]]  # title, columns, rows

_INTRODUCTION = """# Model card: Winnow's spam and toxicity classifier

Written by `winnow evaluate`; every figure below was measured by it, on the model version {version}.
Intervals are 95 % bootstrap intervals.

**What it does.** It gives a comment seven probabilities: toxicity, severe toxicity, insult, profanity, threat, identity
attack and spam. It is linear in hashed words, their letter sequences and word pairs; how it decides is in
`docs/classifier.md`, why it is built so in `docs/decisions/0010-classifier-design.md`.

**What it is for.** To publish what is plainly fine, and to show a moderator the rest. It is not for judging people, nor
for rejecting unseen, except at the very high scores that the default thresholds ask for.

**What it learnt from.** {sources}
Their SHA-256 are in `models/artifact/manifest.json`. {libraries}
Texts that occur in any evaluation or development set, and the innocent sentences, were taken out of the training data.

**What it cannot do.** It counts words and pairs of words; it does not read. Quotation, irony, negation over more than
two words, and threats or contempt in polite words escape it.

**Languages.** English: all seven labels. Roman Urdu: abuse only, learnt from far fewer comments; spam in it is judged
by its links and English words. All others: nothing; scores of such comments mean little. `judgeable` says so, and
Winnow then follows the site's setting for them (by default a moderator looks) instead of a low score. It goes by
script, by common words, and by how familiar a comment's words are; a single word in Latin letters is always judged.

**Rates that are assumed.** Toxicity is calibrated on the natural rate of Wikipedia talk pages (10 %). The five rarer
labels are calibrated to rates that we take for those of the whole Jigsaw challenge and could not check (severe
toxicity 1.0 %, insult 4.9 %, profanity 5.3 %, threat 0.3 %, identity attack 0.9 %): our copy holds only some. Spam is
calibrated to one comment in twenty; no public set has a natural rate. The calibration table weighs comments to these
rates: the toxic comments whose six labels are known stand for all toxic ones. The weights of signals beside the text
(`models/scoring/signals.py`) are set by judgement: no public data holds them.
"""

_SOURCES = (
    "Jigsaw Toxic Comments (Wikipedia talk pages), Civil Comments toxic spans (news sites; as harmless, also their "
    "sentences in which nobody marked anything), Davidson et al. 2017 (tweets, at a small weight, since they over-flag "
    "African-American English), HatemojiBuild, Roman Urdu (Rizwan et "
    "al. 2020), the UCI YouTube and SMS spam collections, spam from web forms, and sentences that we made up "
    "(`models/training/augmentation.py`)."
)

_LOOKS = """## Explained spans beside others' work

The character F1 above is on a held-out tenth of the Civil Comments spans, words that most raters marked; in two fifths
of these comments there is none. The weight of 2.0 was the best on another tenth, which is trained on. In SemEval 2021
task 5, on another part of the same source, the winner reached 0.708 and the median team 0.676, with models trained on
the spans themselves. Ours has learnt of the spans only which sentences hold none.

## What these figures are not

Two evaluation sets were looked at while choosing, so that their figures are kinder than a fresh set's would be.
`globe_and_mail_unhealthy`: the default flag thresholds, how a comment's parts are put together, how much other sources
count, and how often spam is seen in news comments (at most 1 % of healthy comments flagged). `identity_madlibs`: the
weight of our plain sentences with "gay" and "homosexual"; our own sentences use many of its identity terms. The
held-out innocent sentences were measured four times before the last training; nothing was changed for what they showed,
but for the weights of our sentences as a whole. Version 1.2.0 was measured three times on everything. Of its first
training `identity_madlibs` had a worst BPSN AUC of 0.858 ("homosexual"), and one held-out sentence, which quotes an
insult, was flagged. So our plain sentences with these terms and those that quote came to count more, and toxicity to
take less of the mixture; how much was chosen on twenty sentence patterns of our own, not on these sets. That toxicity
is flagged from 0.8 was chosen on the development sets, and raised to 0.811 since 41 of 4,091 healthy news comments were
flagged, one above 1 %; the scores are those that were measured the second time.

## Looks at wikipedia_with_perspective

No model was chosen by this set. Each look at it:

1. a draft, to see where it stands: 0.762 (Spearman 0.474);
2. a second draft, to try the evaluation out: 0.766 (Spearman 0.473);
3. version 1.0.0, measured twice (its thresholds changed, its scores did not): 0.764 (0.472);
4. a linear fit on Jigsaw and Roman Urdu, its parts put together in fifteen ways: 0.742 to 0.765 (0.404 to 0.472);
5. the same with a network of patterns of three words, in five shares, and alone: 0.759 to 0.734 (0.455 to 0.336);
6. a draft of version 1.1.0, whose spam part was changed after it: 0.766 (0.480);
7. version 1.1.0, measured twice (its thresholds changed, its scores did not): 0.768 (0.477);
8. version 1.2.0, its first training: 0.770 (0.471);
9. version 1.2.0, the model that ships, measured twice (its thresholds changed, its scores did not): the figure above.
"""


def write_card(path: Path, manifest: dict[str, Any], tables: Sequence[Table], plots: Sequence[str]) -> None:
    """Write the card as Markdown; plots are looked for in the folder `card` beside it."""
    libraries = ", ".join(f"{name} {version}" for name, version in manifest["libraries"].items())
    parts = [
        _INTRODUCTION.format(version=manifest["version"], sources=_SOURCES, libraries=f"Trained with {libraries}.")
    ]
    parts += [_markdown(table) for table in tables]
    parts.append(_LOOKS)
    parts.append("## Plots\n")
    parts += [f"**{name}**\n\n![ROC, precision and recall, reliability, scores](card/{name}.png)\n" for name in plots]
    path.write_text("\n".join(parts), encoding="utf-8")


def _markdown(table: Table) -> str:
    title, columns, rows = table
    lines = [f"## {title}\n", "| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
