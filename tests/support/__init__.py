"""What tests share: real servers, a clock that they can set, and a classifier whose scores they choose."""

from pathlib import Path

#: The checkout.
ROOT = Path(__file__).parents[2]
