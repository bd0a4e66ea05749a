-- name: download_insert
INSERT INTO download (id, alyx_url, username, wanted, folder, accepted_at)
VALUES (:id, :alyx_url, :username, :wanted, :folder, :accepted_at);

-- name: download_get
SELECT * FROM download WHERE id = :id;

-- name: download_list
SELECT * FROM download
WHERE :only_unfinished = 0 OR (cancelled = 0 AND (listed = 0 OR EXISTS
    (SELECT 1 FROM download_file WHERE transfer_id = download.id AND state = 'ACCEPTED')))
ORDER BY accepted_at DESC, id LIMIT :limit;

-- name: download_listed
UPDATE download SET listed = 1, reason = '', hint = '', trouble_since = '', blocked = 0, waiting = 0 WHERE id = :id;

-- name: download_cancelled
UPDATE download SET cancelled = 1, reason = :reason WHERE id = :id;

-- name: download_trouble
UPDATE download SET reason = :reason, hint = :hint, blocked = :blocked, waiting = :waiting, trouble_since = :since
WHERE id = :id;

-- name: download_unblock
UPDATE download SET reason = '', hint = '', trouble_since = '', blocked = 0
WHERE blocked = 1 AND (:id = '' OR id = :id);

-- name: download_sums
SELECT count(*) AS total, coalesce(sum(state = 'DONE'), 0) AS done, coalesce(sum(blocked), 0) AS blocked,
    coalesce(sum(state = 'DISMISSED'), 0) AS dismissed, coalesce(sum(waiting), 0) AS waiting,
    coalesce(sum(max(size, 0)), 0) AS bytes_total, coalesce(sum(bytes_here), 0) AS bytes_sent,
    coalesce(sum(present), 0) AS present
FROM download_file WHERE transfer_id = :id;

-- name: download_file_insert
INSERT INTO download_file (id, transfer_id, path, relative_path, state, size, hash, dataset_id, bucket, key, endpoint)
VALUES (:id, :transfer_id, :path, :relative_path, 'ACCEPTED', :size, :hash, :dataset_id, :bucket, :key, :endpoint)
ON CONFLICT (transfer_id, relative_path) DO NOTHING;

-- name: download_file_get
SELECT * FROM download_file WHERE id = :id;

-- name: download_file_page
SELECT * FROM download_file
WHERE transfer_id = :transfer_id AND relative_path > :after AND (:only_blocked = 0 OR blocked = 1)
ORDER BY relative_path LIMIT :limit;

-- name: download_file_unsettled
SELECT * FROM download_file
WHERE transfer_id = :transfer_id AND state = 'ACCEPTED' AND blocked = 0 AND relative_path > :after
ORDER BY relative_path LIMIT :limit;

-- name: download_file_done
UPDATE download_file SET state = 'DONE', size = :size, bytes_here = :size, present = :present, verified_by = :verified_by,
    reason = '', hint = '', trouble_since = '', blocked = 0, waiting = 0
WHERE id = :id AND state = 'ACCEPTED';

-- name: download_file_trouble
UPDATE download_file SET reason = :reason, hint = :hint, blocked = :blocked, waiting = :waiting, trouble_since = :since
WHERE id = :id AND state = 'ACCEPTED';

-- name: download_file_unblock
UPDATE download_file SET reason = '', hint = '', trouble_since = '', blocked = 0
WHERE blocked = 1 AND (:transfer_id = '' OR transfer_id = :transfer_id);

-- name: download_file_dismiss_rest
UPDATE download_file SET state = 'DISMISSED', reason = :reason, blocked = 0, waiting = 0
WHERE transfer_id = :transfer_id AND state = 'ACCEPTED';
