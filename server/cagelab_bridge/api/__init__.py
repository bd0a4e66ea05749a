"""Protobuf in, protobuf out: dispatch, policy, statuses, and the handlers of every method."""
