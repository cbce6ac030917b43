// Preloaded before a client whose host is a constant: sends its https requests to WINNOW_URL, otherwise unchanged.
"use strict";
const http = require("node:http");
const https = require("node:https");

const target = new URL(process.env.WINNOW_URL);
https.request = (options, callback) =>
  http.request(
    {
      ...options,
      protocol: "http:",
      hostname: target.hostname,
      host: target.hostname,
      port: target.port,
      headers: { ...options.headers, Host: options.hostname || options.host },
      agent: undefined,
      agents: undefined,
    },
    callback,
  );
