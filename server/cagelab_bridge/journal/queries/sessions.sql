-- name: session_insert
-- A reservation, or a session that starts without one.
INSERT INTO session (id, subject, lab, location, experimenters, projects, procedures, task_protocol, narrative,
    brain_region, rig, json, alyx_url, username, date, number, folder, run, alyx, accepted_at, start_time, client_pid,
    client_started, warnings, owner, adopts)
VALUES (:id, :subject, :lab, :location, :experimenters, :projects, :procedures, :task_protocol, :narrative,
    :brain_region, :rig, :json, :alyx_url, :username, :date, :number, :folder, :run, :alyx, :accepted_at, :start_time,
    :client_pid, :client_started, :warnings, :owner, :adopts);

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
    warnings = :warnings, adopts = :adopts
WHERE id = :id AND run = 'RESERVED';

-- name: session_bound
-- The account is told once, by the first lease; who ran the session is the account's user where nobody was named.
UPDATE session SET alyx_url = :alyx_url, username = :username,
    experimenters = CASE WHEN experimenters = '[]' THEN json_array(:username) ELSE experimenters END
WHERE id = :id AND alyx_url = '';

-- name: session_watched
-- Sessions that are ABANDONED when their program dies or falls silent.
SELECT * FROM session WHERE run = 'OPEN' AND (client_started <> 0 OR heartbeat_at <> '') ORDER BY accepted_at, id;

-- name: session_any_open
SELECT 1 FROM session WHERE run = 'OPEN' LIMIT 1;

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
-- Numbers of a subject's day that other sessions have here (see session_numbers), and those they have or claim in Alyx:
-- under the old subject, too, while Alyx has not been told the new one.
SELECT number AS own, CASE WHEN subject = :subject COLLATE NOCASE OR amended = 1 THEN alyx_number ELSE 0 END AS claimed
FROM session
WHERE id <> :id AND date = :date AND (subject = :subject COLLATE NOCASE OR EXISTS (
    SELECT 1 FROM json_each(amendments) AS amendment, json_each(amendment.value, '$.old_values') AS old
    WHERE json_extract(amendment.value, '$.field') = 'subject' AND old.value = :subject COLLATE NOCASE));

-- name: session_on_day
SELECT * FROM session WHERE date = :date ORDER BY accepted_at, id;

-- name: session_records_of_others
SELECT alyx_id FROM session WHERE date = :date AND id <> :id AND alyx_id <> '';

-- name: session_troubled
SELECT * FROM session WHERE completed = 0 AND (blocked = 1 OR waiting = 1) ORDER BY trouble_since, id LIMIT :limit;

-- name: session_list
SELECT * FROM session
WHERE (:subject = '' OR subject = :subject) AND (:owner = '' OR owner = :owner)
    AND (:first_date = '' OR date >= :first_date) AND (:last_date = '' OR date <= :last_date)
ORDER BY accepted_at DESC, id LIMIT :limit;

-- name: session_list_unfinished
SELECT * FROM session INDEXED BY session_unfinished
WHERE completed = 0 AND run <> 'RESERVED'
    AND (:subject = '' OR subject = :subject) AND (:owner = '' OR owner = :owner)
    AND (:first_date = '' OR date >= :first_date) AND (:last_date = '' OR date <= :last_date)
ORDER BY accepted_at DESC, id LIMIT :limit;

-- name: session_due
-- What delivery has to look at: started, and not yet told to be complete, or not yet safe from a second record.
SELECT * FROM session
WHERE id IN (SELECT id FROM session WHERE completed = 0 UNION ALL SELECT id FROM session WHERE swept = 0) AND run <> 'RESERVED'
ORDER BY accepted_at, id;

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

-- name: session_restore
-- A whole row, from the second record beside the data.
INSERT INTO session (id, subject, lab, location, experimenters, projects, procedures, task_protocol, narrative,
    brain_region, rig, json, alyx_url, username, date, number, folder, run, alyx, accepted_at, start_time, end_time,
    alyx_id, url, alyx_number, intent, qc, end_narrative, n_trials, n_correct_trials, end_json, client_pid,
    completed, reason, hint, blocked, waiting, warnings, trouble_since, client_started, heartbeat_at, amendments,
    amended, swept, owner, adopts)
VALUES (:id, :subject, :lab, :location, :experimenters, :projects, :procedures, :task_protocol, :narrative,
    :brain_region, :rig, :json, :alyx_url, :username, :date, :number, :folder, :run, :alyx, :accepted_at,
    :start_time, :end_time, :alyx_id, :url, :alyx_number, :intent, :qc, :end_narrative, :n_trials,
    :n_correct_trials, :end_json, :client_pid, :completed, :reason, :hint, :blocked, :waiting, :warnings,
    :trouble_since, :client_started, :heartbeat_at, :amendments, :amended, :swept, :owner, :adopts)
ON CONFLICT DO NOTHING;
