-- name: mirror_put
-- What a rig told last; when it first told of it stays.
INSERT INTO mirror (peer, kind, id, message, first_at, seen_at) VALUES (:peer, :kind, :id, :message, :at, :at)
ON CONFLICT (peer, kind, id) DO UPDATE SET message = excluded.message, seen_at = excluded.seen_at;

-- name: mirror_get
SELECT * FROM mirror WHERE peer = :peer AND kind = :kind AND id = :id;

-- name: mirror_tellers
-- Who told of a session, the first one first.
SELECT peer FROM mirror WHERE kind = :kind AND id = :id ORDER BY first_at, rowid;

-- name: mirror_sessions
SELECT * FROM mirror
WHERE peer = :peer AND kind = 'session'
    AND (:subject = '' OR json_extract(message, '$.subject') = :subject)
    AND (:first_date = '' OR json_extract(message, '$.date') >= :first_date)
    AND (:last_date = '' OR json_extract(message, '$.date') <= :last_date)
    AND (:only_unfinished = 0 OR (coalesce(json_extract(message, '$.complete'), 0) = 0
        AND coalesce(json_extract(message, '$.run'), '') <> 'RUN_STATE_RESERVED'))
ORDER BY json_extract(message, '$.date') DESC, json_extract(message, '$.start_time') DESC, id LIMIT :limit;

-- name: mirror_transfers
SELECT * FROM mirror
WHERE peer = :peer AND kind = 'transfer'
    AND (:session_id = '' OR json_extract(message, '$.session_id') = :session_id)
    AND (:only_unfinished = 0 OR coalesce(json_extract(message, '$.state'), '')
        NOT IN ('TRANSFER_STATE_DONE', 'TRANSFER_STATE_CANCELLED'))
ORDER BY json_extract(message, '$.accepted_at') DESC, id LIMIT :limit;

-- name: mirror_trim
-- A rig may tell of as much as it likes; only the newest are kept.
DELETE FROM mirror WHERE peer = :peer AND kind = :kind AND rowid NOT IN (
    SELECT rowid FROM mirror WHERE peer = :peer AND kind = :kind ORDER BY seen_at DESC, rowid DESC LIMIT :keep);
