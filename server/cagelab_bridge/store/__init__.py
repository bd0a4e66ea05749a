"""The object store: S3 over HTTP, signed by MinIO's signer."""
