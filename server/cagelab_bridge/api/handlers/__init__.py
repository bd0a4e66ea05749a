"""Protobuf in, protobuf out: one file per noun, one method per RPC."""
