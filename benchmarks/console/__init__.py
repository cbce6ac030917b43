"""The console: its pages on a large queue, its keys, and what people do with it all day."""
