-- name: backfill_insert
INSERT INTO backfill (session_id) VALUES (:session_id);

-- name: backfill_get
SELECT 1 FROM backfill WHERE session_id = :session_id;
