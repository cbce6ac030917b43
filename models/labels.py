"""What the classifier scores, in an order that holds everywhere.

The columns of scores and targets, and of the arrays of a trained model, stand in the order of `LABELS`; nothing in the
arrays names them. So a new order, or a new label, needs a new training. The labels of abuse come first, then spam,
which is learnt apart, from other comments. Last stands what a comment is about: that has a head of its own, and only
the reader that understands judges it.
"""

from __future__ import annotations

TOXICITY, SPAM = "toxicity", "spam"
ABUSE_LABELS = (TOXICITY, "severe_toxicity", "insult", "profanity", "threat", "identity_attack")
#: What both readers judge: the columns of all arrays but that of the subjects.
CORE_LABELS = (*ABUSE_LABELS, SPAM)
SUBJECT_LABELS = ("sexual", "self_harm")
LABELS = (*CORE_LABELS, *SUBJECT_LABELS)

#: Label -> its column.
COLUMN = {label: column for column, label in enumerate(LABELS)}
#: The columns of all labels of abuse.
ABUSE_COLUMNS = slice(0, len(ABUSE_LABELS))
CORE_COLUMNS = slice(0, len(CORE_LABELS))
SUBJECT_COLUMNS = slice(len(CORE_LABELS), len(LABELS))
