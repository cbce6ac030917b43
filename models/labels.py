"""What the classifier scores, in an order that holds everywhere.

The columns of scores and targets, and of the arrays of a trained model, stand in the order of `LABELS`; nothing in the
arrays names them. So a new order, or a new label, needs a new training. The labels of abuse come first, and spam last:
they are learnt apart, from other comments.
"""

from __future__ import annotations

TOXICITY, SPAM = "toxicity", "spam"
ABUSE_LABELS = (TOXICITY, "severe_toxicity", "insult", "profanity", "threat", "identity_attack")
LABELS = (*ABUSE_LABELS, SPAM)

#: Label -> its column.
COLUMN = {label: column for column, label in enumerate(LABELS)}
#: The columns of all labels of abuse.
ABUSE_COLUMNS = slice(0, len(ABUSE_LABELS))
