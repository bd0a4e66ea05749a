-- name: event_insert
INSERT INTO event (id, session_id, kind, occurred_at, files_done, body)
VALUES (:id, :session_id, :kind, :occurred_at, :files_done, :body);

-- name: event_delivery_insert
INSERT INTO event_delivery (event_id, receiver) VALUES (:event_id, :receiver);

-- name: event_get
SELECT * FROM event WHERE id = :id;

-- name: event_list
-- Newest first, each with its receivers.
SELECT d.*, e.session_id, e.kind, e.occurred_at FROM event AS e INDEXED BY event_newest
    CROSS JOIN event_delivery AS d ON d.event_id = e.id
WHERE (:session_id = '' OR e.session_id = :session_id) AND (:receiver = '' OR d.receiver = :receiver)
    AND (:only_unfinished = 0 OR d.state <> 'DELIVERED')
ORDER BY e.occurred_at DESC, e.id, d.receiver LIMIT :limit;

-- name: event_receivers
SELECT receiver FROM event_delivery WHERE event_id = :event_id ORDER BY receiver;

-- name: event_pending
-- What a receiver is still to be told: what was tried least first, so that one it cannot take holds up no other.
SELECT d.*, e.session_id, e.kind, e.occurred_at FROM event_delivery AS d INDEXED BY event_delivery_pending
    CROSS JOIN event AS e ON e.id = d.event_id
WHERE d.state = 'PENDING' AND d.receiver = :receiver ORDER BY d.attempts, e.occurred_at, e.id;

-- name: event_told
UPDATE event_delivery SET state = 'DELIVERED', attempts = attempts + 1, reason = '', hint = '', trouble_since = '',
    told_at = :at
WHERE event_id = :event_id AND receiver = :receiver;

-- name: event_failed
UPDATE event_delivery SET state = :state, attempts = attempts + 1, reason = :reason, hint = :hint,
    trouble_since = CASE WHEN trouble_since = '' THEN :at ELSE trouble_since END
WHERE event_id = :event_id AND receiver = :receiver;

-- name: event_again
-- Tell it again, from the beginning; a receiver that was not meant then is told for the first time.
INSERT INTO event_delivery (event_id, receiver) VALUES (:event_id, :receiver)
ON CONFLICT DO UPDATE SET state = 'PENDING', attempts = 0, reason = '', hint = '', trouble_since = '', told_at = '';

-- name: event_failing
-- Per receiver: since when, how many events, and what was said of the oldest.
SELECT receiver, min(trouble_since) AS since, count(*) AS count, sum(state = 'GIVEN_UP') AS given_up, reason
FROM event_delivery INDEXED BY event_delivery_failing
WHERE state <> 'DELIVERED' AND trouble_since <> '' GROUP BY receiver;

-- name: event_files
-- What a session's datasets are, as far as they are stored and verified.
SELECT relative_path, revision, dataset_id, md5, size, endpoint, bucket, key FROM file
WHERE session_id = :session_id AND state = 'DONE' ORDER BY relative_path, id;

-- name: event_missing
-- What is left of a session's files.
SELECT relative_path, reason FROM file
WHERE session_id = :session_id AND state NOT IN ('DONE', 'DISMISSED') ORDER BY relative_path, id;

-- name: event_partial
-- Sessions of which all that is left is blocked since `before` or longer, unless just that was told already.
SELECT s.id FROM session AS s INDEXED BY session_unfinished
WHERE s.completed = 0 AND s.alyx = 'CLOSED' AND s.amended = 0
    AND EXISTS (SELECT 1 FROM transfer AS t WHERE t.session_id = s.id AND t.cancelled = 0 AND (t.listed = 0 OR EXISTS
        (SELECT 1 FROM sums WHERE sums.transfer_id = t.id AND sums.unsettled > 0)))
    AND NOT EXISTS (SELECT 1 FROM transfer AS t WHERE t.session_id = s.id AND t.cancelled = 0 AND (
        (t.listed = 0 AND (t.blocked = 0 OR t.trouble_since > :before))
        OR EXISTS (SELECT 1 FROM sums WHERE sums.transfer_id = t.id AND sums.unsettled > sums.blocked)
        OR EXISTS (SELECT 1 FROM file AS f INDEXED BY file_blocked
            WHERE f.transfer_id = t.id AND f.blocked = 1 AND f.trouble_since > :before)))
    AND NOT EXISTS (SELECT 1 FROM event AS e WHERE e.session_id = s.id AND e.kind = 'partial' AND e.files_done =
        (SELECT count(*) FROM file AS f WHERE f.session_id = s.id AND f.state = 'DONE'))
ORDER BY s.accepted_at, s.id;
