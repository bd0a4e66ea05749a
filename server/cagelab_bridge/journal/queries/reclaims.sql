-- name: reclaim_get
SELECT * FROM reclaim WHERE file_id = :file_id;

-- name: reclaim_of_session
SELECT * FROM reclaim WHERE session_id = :session_id ORDER BY relative_path, file_id;

-- name: reclaim_verified
-- Its object was proven once more, and the file is here: one that came back counts as new. What was deleted, or is being
-- deleted, since :seen (when the deletion that is known was) stays so.
INSERT INTO reclaim (file_id, session_id, relative_path, verified_at, verified_by, again_at, again_by, state)
VALUES (:file_id, :session_id, :relative_path, :verified_at, :verified_by, :again_at, :again_by, 'VERIFIED')
ON CONFLICT (file_id) DO UPDATE SET verified_at = excluded.verified_at, verified_by = excluded.verified_by,
    again_at = excluded.again_at, again_by = excluded.again_by, state = 'VERIFIED', deleted_at = ''
WHERE state = 'VERIFIED' OR (state = 'DELETED' AND deleted_at = :seen);

-- name: reclaim_deleting
-- Committed before the manifest is written and the file deleted.
UPDATE reclaim SET state = 'DELETING', deleted_at = :deleted_at WHERE file_id = :file_id AND state = 'VERIFIED';

-- name: reclaim_deleted
UPDATE reclaim SET state = 'DELETED' WHERE file_id = :file_id AND state = 'DELETING';

-- name: reclaim_kept
-- The file is there all the same.
UPDATE reclaim SET state = 'VERIFIED', deleted_at = '' WHERE file_id = :file_id AND state = 'DELETING';

-- name: reclaim_unsettled
-- What a bridge that died was deleting.
SELECT * FROM reclaim WHERE state = 'DELETING' ORDER BY file_id;

-- name: reclaim_restore
INSERT INTO reclaim (file_id, session_id, relative_path, verified_at, verified_by, again_at, again_by, state, deleted_at)
VALUES (:file_id, :session_id, :relative_path, :verified_at, :verified_by, :again_at, :again_by, :state, :deleted_at)
ON CONFLICT DO NOTHING;
