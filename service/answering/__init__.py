"""Who answers a request whose body is there: a thread, with Flask; or, for a plain comment, the event loop itself."""
