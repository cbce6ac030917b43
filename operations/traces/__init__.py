"""Traces: what happened to a comment in several processes, sent to a collector by OpenTelemetry's protocol."""
