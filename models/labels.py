"""What the classifier scores."""

LABELS = ("toxicity", "severe_toxicity", "insult", "profanity", "threat", "identity_attack", "spam")
