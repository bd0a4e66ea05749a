-- name: file_insert
INSERT INTO file (id, transfer_id, session_id, path, relative_path, state, size, mtime_ns, inode)
VALUES (:id, :transfer_id, :session_id, :path, :relative_path, 'ACCEPTED', :size, :mtime_ns, :inode)
ON CONFLICT (transfer_id, relative_path) DO NOTHING;

-- name: file_get
SELECT * FROM file WHERE id = :id;

-- name: file_page
SELECT * FROM file
WHERE transfer_id = :transfer_id AND relative_path > :after AND (:only_blocked = 0 OR blocked = 1)
ORDER BY relative_path LIMIT :limit;

-- name: file_unsettled
-- What is left of a transfer and not blocked, from the path behind :after.
SELECT * FROM file
WHERE transfer_id = :transfer_id AND relative_path > :after AND blocked = 0 AND state NOT IN ('DONE', 'DISMISSED')
ORDER BY relative_path LIMIT :limit;

-- name: file_earlier_twin
-- Whether an older transfer still carries the same path of the session: it goes first.
SELECT 1 FROM file f JOIN transfer t ON t.id = f.transfer_id
WHERE f.session_id = :session_id AND f.relative_path = :relative_path AND f.id <> :id AND f.blocked = 0
    AND f.state NOT IN ('DONE', 'DISMISSED')
    AND (t.accepted_at, t.id) < (SELECT accepted_at, id FROM transfer WHERE id = :transfer_id)
LIMIT 1;

-- name: file_on_its_way
SELECT 1 FROM file INDEXED BY file_unsettled
WHERE state NOT IN ('DONE', 'DISMISSED') AND key = :key AND bucket = :bucket AND endpoint = :endpoint LIMIT 1;

-- name: file_hashed
UPDATE file SET state = 'HASHED', size = :size, mtime_ns = :mtime_ns, inode = :inode, md5 = :md5, sha256 = :sha256,
    sha1 = :sha1, part_size = :part_size, part_md5s = :part_md5s, partial = :partial, upload_id = '', bytes_sent = 0,
    reason = '', hint = '', trouble_since = '', blocked = 0, waiting = 0
WHERE id = :id AND state = 'ACCEPTED';

-- name: file_read
-- A large file is registered and sent while it is read; before it becomes an object its hashes are here.
UPDATE file SET md5 = :md5, sha256 = :sha256, sha1 = :sha1, part_md5s = :part_md5s
WHERE id = :id AND state IN ('HASHED', 'REGISTERED') AND md5 = '';

-- name: file_intend
UPDATE file SET intent = 1, revision = :revision WHERE id = :id AND state = 'HASHED';

-- name: file_not_executed
UPDATE file SET intent = 0 WHERE id = :id;

-- name: file_registered
UPDATE file SET state = 'REGISTERED', intent = 0, revision = :revision, dataset_id = :dataset_id,
    record_id = :record_id, endpoint = :endpoint, bucket = :bucket, key = :key, reason = '', hint = '', trouble_since = '', blocked = 0,
    waiting = 0
WHERE id = :id AND state = 'HASHED';

-- name: file_begun
-- Durable before the first part is sent, so that a new process resumes the same multipart upload.
UPDATE file SET upload_id = :upload_id WHERE id = :id;

-- name: file_forgotten
-- The upload's id stays: a file of which parts were sent is read before any goes again.
UPDATE file SET bytes_sent = 0 WHERE id = :id;

-- name: file_sent
UPDATE file SET bytes_sent = :bytes_sent WHERE id = :id;

-- name: file_moved
-- STORED and beyond: every byte is there.
UPDATE file SET state = :state, verified_by = :verified_by, bytes_sent = size, reason = '', hint = '', trouble_since = '', blocked = 0, waiting = 0
WHERE id = :id AND state = :was;

-- name: file_again
-- Back to the start (its bytes changed) or to REGISTERED (the store lost it).
UPDATE file SET state = :state, upload_id = '', bytes_sent = 0, verified_by = '' WHERE id = :id AND state = :was;

-- name: file_trouble
UPDATE file SET reason = :reason, hint = :hint, blocked = :blocked, waiting = :waiting, trouble_since = :since
WHERE id = :id;

-- name: file_blocked_transfers
SELECT DISTINCT transfer_id FROM file WHERE blocked = 1 AND (:transfer_id = '' OR transfer_id = :transfer_id);

-- name: file_unblock
UPDATE file SET reason = '', hint = '', trouble_since = '', blocked = 0 WHERE blocked = 1 AND (:transfer_id = '' OR transfer_id = :transfer_id);

-- name: file_dismiss_rest
UPDATE file SET state = 'DISMISSED', blocked = 0, waiting = 0, reason = :reason, hint = ''
WHERE transfer_id = :transfer_id AND state NOT IN ('DONE', 'DISMISSED');

-- name: file_dismissed
UPDATE file SET state = 'DISMISSED', blocked = 0, waiting = 0, reason = :reason, hint = '', trouble_since = ''
WHERE id = :id AND state = :was;

-- name: file_discards
-- Uploads in parts that nobody will complete: the store is asked to forget them.
SELECT * FROM file WHERE state = 'DISMISSED' AND upload_id <> '' ORDER BY id LIMIT :limit;

-- name: file_discarded
UPDATE file SET upload_id = '' WHERE id = :id AND state = 'DISMISSED';

-- name: file_registering
-- Files of a session whose register-file may still be executed.
SELECT id FROM file WHERE session_id = :session_id AND intent = 1;

-- name: file_registering_of_day
-- The same for all sessions of a subject's day; a file that was dismissed meanwhile counts.
SELECT f.id FROM file f JOIN session s ON s.id = f.session_id
WHERE s.subject = :subject AND s.date = :date AND f.intent = 1;

-- name: file_at_store
-- Where a session's files wait for the store, or for its proof, one row per place; with the repository they go to. The
-- first and the last key: after a correction of the subject, keys begin in two ways.
SELECT f.endpoint, f.bucket, t.repository, min(f.key) AS key, max(f.key) AS last FROM file f JOIN transfer t ON t.id = f.transfer_id
WHERE f.session_id = :session_id AND f.state IN ('REGISTERED', 'STORED') AND f.blocked = 0
GROUP BY f.endpoint, f.bucket, t.repository;

-- name: file_discards_at
-- The same for parts of its uploads that the store is to forget.
SELECT f.endpoint, f.bucket, t.repository, min(f.key) AS key, max(f.key) AS last FROM file f JOIN transfer t ON t.id = f.transfer_id
WHERE f.session_id = :session_id AND f.state = 'DISMISSED' AND f.upload_id <> ''
GROUP BY f.endpoint, f.bucket, t.repository;

-- name: file_discarding
-- Sessions whose parts the store is to forget.
SELECT DISTINCT session_id FROM file WHERE state = 'DISMISSED' AND upload_id <> '';

-- name: file_troubles
-- Blocked and waiting files, one row per transfer and reason; of very many only those that stand longest are looked at.
SELECT transfer_id, session_id, reason, hint, max(blocked) AS blocked, count(*) AS count,
    min(trouble_since) AS since, min(relative_path) AS example
FROM (SELECT * FROM file WHERE state NOT IN ('DONE', 'DISMISSED') AND (blocked = 1 OR waiting = 1)
    ORDER BY trouble_since LIMIT :looked_at)
GROUP BY transfer_id, session_id, reason, hint ORDER BY since, transfer_id LIMIT :limit;

-- name: file_counts
SELECT coalesce(sum(total - done - dismissed), 0) AS waiting, coalesce(sum(blocked), 0) AS blocked,
    coalesce(sum(bytes_left), 0) AS bytes_waiting, coalesce(min(accepted_at), '') AS oldest
FROM sums INDEXED BY sums_unfinished WHERE unsettled > 0;

-- name: file_restore
INSERT INTO file (id, transfer_id, session_id, path, relative_path, state, size, mtime_ns, inode, md5, sha256, sha1,
    part_size, part_md5s, revision, intent, dataset_id, record_id, bucket, key, endpoint, upload_id, bytes_sent,
    verified_by, reason, hint, blocked, waiting, trouble_since, partial, recheck)
VALUES (:id, :transfer_id, :session_id, :path, :relative_path, :state, :size, :mtime_ns, :inode, :md5, :sha256,
    :sha1, :part_size, :part_md5s, :revision, :intent, :dataset_id, :record_id, :bucket, :key, :endpoint,
    :upload_id, :bytes_sent, :verified_by, :reason, :hint, :blocked, :waiting, :trouble_since, :partial, :recheck)
ON CONFLICT DO NOTHING;

-- name: file_accept_damaged
-- Somebody looked at a file that changed when the computer went down: it is taken as it is now.
UPDATE file SET recheck = 0, state = 'ACCEPTED', upload_id = '', bytes_sent = 0
WHERE blocked = 1 AND recheck = 1 AND (:transfer_id = '' OR transfer_id = :transfer_id);

-- name: file_recheck_all
-- The computer went down hard: what was read before may not be what the disk holds now.
UPDATE file SET recheck = 1 WHERE state NOT IN ('DONE', 'DISMISSED') AND state IN ('HASHED', 'REGISTERED', 'STORED');

-- name: file_rechecked
UPDATE file SET recheck = 0 WHERE id = :id;
