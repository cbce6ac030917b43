// Preloaded before a client whose host is a setting: every name leads to loopback, as wildcard DNS would have it.
"use strict";
const dns = require("node:dns");

dns.lookup = (_name, options, callback = options) =>
  options.all ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4);
