"""What tests share: real servers, a clock that they can set, and a classifier whose scores they choose."""
