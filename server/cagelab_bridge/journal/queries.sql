-- name: session_insert
-- A reservation, or a session that starts without one.
INSERT INTO session (id, subject, lab, location, experimenters, projects, procedures, task_protocol, narrative,
    brain_region, rig, json, alyx_url, username, date, number, folder, run, alyx, accepted_at, start_time, client_pid,
    client_started, warnings)
VALUES (:id, :subject, :lab, :location, :experimenters, :projects, :procedures, :task_protocol, :narrative,
    :brain_region, :rig, :json, :alyx_url, :username, :date, :number, :folder, :run, :alyx, :accepted_at, :start_time,
    :client_pid, :client_started, :warnings);

-- name: session_get
SELECT * FROM session WHERE id = :id;

-- name: session_by_folder
SELECT * FROM session WHERE folder = :folder;

-- name: session_start
-- A reservation becomes a session.
UPDATE session SET subject = :subject, lab = :lab, location = :location, experimenters = :experimenters,
    projects = :projects, procedures = :procedures, task_protocol = :task_protocol, narrative = :narrative,
    brain_region = :brain_region, rig = :rig, json = :json, alyx_url = :alyx_url, username = :username,
    run = 'OPEN', alyx = 'PENDING', start_time = :start_time, client_pid = :client_pid, client_started = :client_started,
    warnings = :warnings
WHERE id = :id AND run = 'RESERVED';

-- name: session_watched
-- Sessions that are ABANDONED when their program dies or falls silent.
SELECT * FROM session WHERE run = 'OPEN' AND (client_started <> 0 OR heartbeat_at <> '') ORDER BY accepted_at, id;

-- name: session_open_of
-- What one process started and did not end.
SELECT * FROM session WHERE run = 'OPEN' AND client_pid = :pid AND client_started = :started ORDER BY accepted_at, id;

-- name: session_heartbeat
UPDATE session SET heartbeat_at = :at WHERE id = :id AND run = 'OPEN';

-- name: session_intend
-- Committed before the POST: after a crash the bridge looks before it posts again. The number it asks for is claimed.
UPDATE session SET intent = :intent, alyx_number = CASE WHEN :number > 0 THEN :number ELSE alyx_number END
WHERE id = :id;

-- name: session_registered
UPDATE session SET alyx = 'OPEN', alyx_id = :alyx_id, url = :url, alyx_number = :alyx_number, swept = :swept, intent = 0,
    reason = '', hint = '', trouble_since = '', blocked = 0, waiting = 0
WHERE id = :id AND alyx = 'PENDING';

-- name: session_swept
UPDATE session SET swept = 1 WHERE id = :id;

-- name: session_warned
UPDATE session SET warnings = :warnings WHERE id = :id;

-- name: session_ended
UPDATE session SET run = :run, end_time = :end_time, qc = :qc, end_narrative = :end_narrative, n_trials = :n_trials,
    n_correct_trials = :n_correct_trials, end_json = :end_json
WHERE id = :id AND run = 'OPEN';

-- name: session_closed
UPDATE session SET alyx = 'CLOSED', reason = '', hint = '', trouble_since = '', blocked = 0, waiting = 0
WHERE id = :id AND alyx = 'OPEN' AND run IN ('ENDED', 'ABANDONED');

-- name: session_completed
-- Whether Alyx was told that everything is there; a later upload takes it back.
UPDATE session SET completed = :completed WHERE id = :id;

-- name: session_trouble
UPDATE session SET reason = :reason, hint = :hint, blocked = :blocked, waiting = :waiting, trouble_since = :since
WHERE id = :id;

-- name: session_unblock
UPDATE session SET reason = '', hint = '', trouble_since = '', blocked = 0 WHERE blocked = 1;

-- name: session_amended
-- Names are corrected. What waited for that goes on; Alyx has to be told if it may hold the session already.
UPDATE session SET subject = :subject, experimenters = :experimenters, projects = :projects, warnings = :warnings,
    amendments = :amendments, amended = :amended, completed = 0, reason = '', hint = '', trouble_since = '', blocked = 0,
    waiting = 0
WHERE id = :id AND run <> 'RESERVED';

-- name: session_amendment_told
-- Alyx took it, and holds the session under this number now; a correction that came meanwhile is still to be told.
UPDATE session SET amended = (amendments <> :amendments), alyx_number = :alyx_number, intent = 0 WHERE id = :id;

-- name: session_numbers_of_others
-- Numbers of a subject's day that other sessions have here (see session_numbers), and those they have or claim in Alyx.
SELECT number AS own, CASE WHEN subject = :subject COLLATE NOCASE THEN alyx_number ELSE 0 END AS claimed FROM session
WHERE id <> :id AND date = :date AND (subject = :subject COLLATE NOCASE OR EXISTS (
    SELECT 1 FROM json_each(amendments) AS amendment, json_each(amendment.value, '$.old_values') AS old
    WHERE json_extract(amendment.value, '$.field') = 'subject' AND old.value = :subject COLLATE NOCASE));

-- name: session_troubled
SELECT * FROM session WHERE completed = 0 AND (blocked = 1 OR waiting = 1) ORDER BY trouble_since, id LIMIT :limit;

-- name: session_list
SELECT * FROM session
WHERE (:subject = '' OR subject = :subject)
    AND (:first_date = '' OR date >= :first_date) AND (:last_date = '' OR date <= :last_date)
    AND (:only_unfinished = 0 OR (completed = 0 AND run <> 'RESERVED'))
ORDER BY accepted_at DESC, id LIMIT :limit;

-- name: session_due
-- What delivery has to look at: started, and not yet told to be complete, or not yet safe from a second record.
SELECT * FROM session WHERE (completed = 0 OR swept = 0) AND run <> 'RESERVED' ORDER BY accepted_at, id;

-- name: session_numbers
-- Numbers of a subject's day that were ever given out here, also to sessions that turned out to be of another subject:
-- their folder, and their first files in Alyx, keep the old subject and number.
SELECT number FROM session WHERE date = :date AND (subject = :subject COLLATE NOCASE OR EXISTS (
    SELECT 1 FROM json_each(amendments) AS amendment, json_each(amendment.value, '$.old_values') AS old
    WHERE json_extract(amendment.value, '$.field') = 'subject' AND old.value = :subject COLLATE NOCASE));

-- name: session_amending
SELECT 1 FROM session WHERE date = :date AND amended = 1 LIMIT 1;

-- name: session_counts
SELECT coalesce(sum(run = 'OPEN'), 0) AS open, coalesce(sum(alyx = 'PENDING'), 0) AS pending,
    coalesce(sum(blocked), 0) AS blocked
FROM session WHERE completed = 0;

-- name: transfer_insert
INSERT INTO transfer (id, session_id, paths, repository, accepted_at)
VALUES (:id, :session_id, :paths, :repository, :accepted_at);

-- name: transfer_get
SELECT * FROM transfer WHERE id = :id;

-- name: transfer_list
SELECT * FROM transfer
WHERE (:session_id = '' OR session_id = :session_id)
    AND (:only_unfinished = 0 OR (cancelled = 0 AND (listed = 0 OR EXISTS
        (SELECT 1 FROM file WHERE file.transfer_id = transfer.id AND state NOT IN ('DONE', 'DISMISSED')))))
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
SELECT count(*) AS total, coalesce(sum(state = 'DONE'), 0) AS done, coalesce(sum(blocked), 0) AS blocked,
    coalesce(sum(state = 'DISMISSED'), 0) AS dismissed, coalesce(sum(waiting), 0) AS waiting,
    coalesce(sum(max(size, 0)), 0) AS bytes_total, coalesce(sum(bytes_sent), 0) AS bytes_sent
FROM file WHERE transfer_id = :id;

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

-- name: file_hashed
UPDATE file SET state = 'HASHED', size = :size, mtime_ns = :mtime_ns, inode = :inode, md5 = :md5, sha256 = :sha256,
    sha1 = :sha1, part_size = :part_size, part_md5s = :part_md5s, partial = :partial, upload_id = '', bytes_sent = 0,
    reason = '', hint = '', trouble_since = '', blocked = 0, waiting = 0
WHERE id = :id AND state = 'ACCEPTED';

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

-- name: file_troubles
-- Blocked and waiting files, one row per transfer and reason.
SELECT transfer_id, session_id, reason, hint, max(blocked) AS blocked, count(*) AS count,
    min(trouble_since) AS since, min(relative_path) AS example
FROM file WHERE state NOT IN ('DONE', 'DISMISSED') AND (blocked = 1 OR waiting = 1)
GROUP BY transfer_id, session_id, reason, hint ORDER BY since, transfer_id LIMIT :limit;

-- name: transfer_troubled
SELECT * FROM transfer WHERE cancelled = 0 AND (blocked = 1 OR waiting = 1) ORDER BY trouble_since, id LIMIT :limit;

-- name: file_counts
SELECT count(*) AS waiting, coalesce(sum(f.blocked), 0) AS blocked,
    coalesce(sum(max(f.size, 0) - f.bytes_sent), 0) AS bytes_waiting, coalesce(min(t.accepted_at), '') AS oldest
FROM file f JOIN transfer t ON t.id = f.transfer_id WHERE f.state NOT IN ('DONE', 'DISMISSED');

-- name: session_restore
-- A whole row, from the second record beside the data.
INSERT INTO session (id, subject, lab, location, experimenters, projects, procedures, task_protocol, narrative,
    brain_region, rig, json, alyx_url, username, date, number, folder, run, alyx, accepted_at, start_time, end_time,
    alyx_id, url, alyx_number, intent, qc, end_narrative, n_trials, n_correct_trials, end_json, client_pid,
    completed, reason, hint, blocked, waiting, warnings, trouble_since, client_started, heartbeat_at, amendments,
    amended, swept)
VALUES (:id, :subject, :lab, :location, :experimenters, :projects, :procedures, :task_protocol, :narrative,
    :brain_region, :rig, :json, :alyx_url, :username, :date, :number, :folder, :run, :alyx, :accepted_at,
    :start_time, :end_time, :alyx_id, :url, :alyx_number, :intent, :qc, :end_narrative, :n_trials,
    :n_correct_trials, :end_json, :client_pid, :completed, :reason, :hint, :blocked, :waiting, :warnings,
    :trouble_since, :client_started, :heartbeat_at, :amendments, :amended, :swept)
ON CONFLICT DO NOTHING;

-- name: transfer_restore
INSERT INTO transfer (id, session_id, paths, repository, accepted_at, listed, power_safe, cancelled, reason, hint,
    blocked, waiting, trouble_since)
VALUES (:id, :session_id, :paths, :repository, :accepted_at, :listed, :power_safe, :cancelled, :reason, :hint,
    :blocked, :waiting, :trouble_since)
ON CONFLICT DO NOTHING;

-- name: file_restore
INSERT INTO file (id, transfer_id, session_id, path, relative_path, state, size, mtime_ns, inode, md5, sha256, sha1,
    part_size, part_md5s, revision, intent, dataset_id, record_id, bucket, key, endpoint, upload_id, bytes_sent,
    verified_by, reason, hint, blocked, waiting, trouble_since, partial, recheck)
VALUES (:id, :transfer_id, :session_id, :path, :relative_path, :state, :size, :mtime_ns, :inode, :md5, :sha256,
    :sha1, :part_size, :part_md5s, :revision, :intent, :dataset_id, :record_id, :bucket, :key, :endpoint,
    :upload_id, :bytes_sent, :verified_by, :reason, :hint, :blocked, :waiting, :trouble_since, :partial, :recheck)
ON CONFLICT DO NOTHING;

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
UPDATE submission SET reason = '', hint = '', trouble_since = '', blocked = 0 WHERE blocked = 1;

-- name: request_insert
INSERT INTO request (id, method, digest, outcome, accepted_at) VALUES (:id, :method, :digest, :outcome, :accepted_at);

-- name: request_get
SELECT * FROM request WHERE id = :id AND method = :method;

-- name: request_forget
DELETE FROM request WHERE accepted_at < :before;

-- name: file_accept_damaged
-- Somebody looked at a file that changed when the computer went down: it is taken as it is now.
UPDATE file SET recheck = 0, state = 'ACCEPTED', upload_id = '', bytes_sent = 0
WHERE blocked = 1 AND recheck = 1 AND (:transfer_id = '' OR transfer_id = :transfer_id);

-- name: life_last
SELECT * FROM life ORDER BY number DESC LIMIT 1;

-- name: life_begin
INSERT INTO life (boot_id, version, began_at) VALUES (:boot_id, :version, :began_at);

-- name: life_end
UPDATE life SET ended_at = :ended_at WHERE number = (SELECT max(number) FROM life);

-- name: file_recheck_all
-- The computer went down hard: what was read before may not be what the disk holds now.
UPDATE file SET recheck = 1 WHERE state IN ('HASHED', 'REGISTERED', 'STORED');

-- name: file_rechecked
UPDATE file SET recheck = 0 WHERE id = :id;

-- name: choice_put
INSERT INTO choice (alyx_url, kind, records, read_at) VALUES (:alyx_url, :kind, :records, :read_at)
ON CONFLICT (alyx_url, kind) DO UPDATE SET records = excluded.records, read_at = excluded.read_at;

-- name: choice_get
SELECT * FROM choice WHERE alyx_url = :alyx_url AND kind = :kind;

-- name: account_proved
INSERT INTO account (alyx_url, username, proved_at) VALUES (:alyx_url, :username, :proved_at)
ON CONFLICT (alyx_url, username) DO UPDATE SET proved_at = excluded.proved_at, logged_out = 0;

-- name: account_logged_out
UPDATE account SET logged_out = 1 WHERE alyx_url = :alyx_url AND username = :username;

-- name: account_list
SELECT * FROM account ORDER BY proved_at DESC;
