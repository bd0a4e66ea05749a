-- name: transfer_insert
INSERT INTO transfer (id, session_id, paths, repository, accepted_at)
VALUES (:id, :session_id, :paths, :repository, :accepted_at);

-- name: transfer_get
SELECT * FROM transfer WHERE id = :id;

-- name: transfer_list
SELECT * FROM transfer
WHERE :owner = '' OR EXISTS (SELECT 1 FROM session WHERE session.id = session_id AND owner = :owner)
ORDER BY accepted_at DESC, id LIMIT :limit;

-- name: transfer_list_unfinished
SELECT * FROM transfer
WHERE cancelled = 0
    AND id IN (SELECT id FROM transfer WHERE listed = 0 AND cancelled = 0
        UNION ALL SELECT transfer_id FROM sums INDEXED BY sums_unfinished WHERE unsettled > 0)
    AND (:owner = '' OR EXISTS (SELECT 1 FROM session WHERE session.id = session_id AND owner = :owner))
ORDER BY accepted_at DESC, id LIMIT :limit;

-- name: transfer_list_of_session
SELECT * FROM transfer
WHERE session_id = :session_id
    AND (:owner = '' OR EXISTS (SELECT 1 FROM session WHERE session.id = session_id AND owner = :owner))
    AND (:only_unfinished = 0 OR (cancelled = 0 AND (listed = 0 OR EXISTS
        (SELECT 1 FROM sums WHERE transfer_id = transfer.id AND unsettled > 0))))
ORDER BY accepted_at DESC, id LIMIT :limit;

-- name: transfer_of_session
SELECT * FROM transfer WHERE session_id = :session_id ORDER BY accepted_at, id;

-- name: transfer_listed
UPDATE transfer SET listed = 1, power_safe = :power_safe, repository = :repository, reason = '', hint = '', trouble_since = '', blocked = 0,
    waiting = 0
WHERE id = :id;

-- name: transfer_cancelled
UPDATE transfer SET cancelled = 1, reason = :reason WHERE id = :id;

-- name: transfer_trouble
UPDATE transfer SET reason = :reason, hint = :hint, blocked = :blocked, waiting = :waiting, trouble_since = :since
WHERE id = :id;

-- name: transfer_unblock
UPDATE transfer SET reason = '', hint = '', trouble_since = '', blocked = 0 WHERE blocked = 1 AND (:id = '' OR id = :id);

-- name: transfer_sums
SELECT total, done, blocked, dismissed, waiting, bytes_total, bytes_sent FROM sums WHERE transfer_id = :id;

-- name: transfer_troubled
SELECT * FROM transfer WHERE cancelled = 0 AND (blocked = 1 OR waiting = 1) ORDER BY trouble_since, id LIMIT :limit;

-- name: transfer_restore
INSERT INTO transfer (id, session_id, paths, repository, accepted_at, listed, power_safe, cancelled, reason, hint,
    blocked, waiting, trouble_since)
VALUES (:id, :session_id, :paths, :repository, :accepted_at, :listed, :power_safe, :cancelled, :reason, :hint,
    :blocked, :waiting, :trouble_since)
ON CONFLICT DO NOTHING;
