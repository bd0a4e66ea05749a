-- name: submission_insert
INSERT INTO submission (id, alyx_url, username, path, body, accepted_at)
VALUES (:id, :alyx_url, :username, :path, :body, :accepted_at);

-- name: submission_get
SELECT * FROM submission WHERE id = :id;

-- name: submission_due
SELECT * FROM submission WHERE delivered = 0 ORDER BY accepted_at, id;

-- name: submission_intend
UPDATE submission SET intent = :intent WHERE id = :id;

-- name: submission_delivered
UPDATE submission SET delivered = 1, intent = 0, answer = :answer, reason = '', hint = '', trouble_since = '', blocked = 0, waiting = 0
WHERE id = :id;

-- name: submission_refused
-- Alyx refused it while the caller waited: the caller knows, nothing is left to do.
UPDATE submission SET delivered = 1, intent = 0, blocked = 0, waiting = 0 WHERE id = :id;

-- name: submission_trouble
UPDATE submission SET reason = :reason, hint = :hint, blocked = :blocked, waiting = :waiting, trouble_since = :since
WHERE id = :id;

-- name: submission_unblock
UPDATE submission SET reason = '', hint = '', trouble_since = '', blocked = 0 WHERE delivered = 0 AND blocked = 1;
