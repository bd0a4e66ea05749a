"""The object store: S3 over urllib3, signed by MinIO's signer."""
