-- name: account_proved
INSERT INTO account (alyx_url, username, proved_at) VALUES (:alyx_url, :username, :proved_at)
ON CONFLICT (alyx_url, username) DO UPDATE SET proved_at = excluded.proved_at, logged_out = 0;

-- name: account_logged_out
UPDATE account SET logged_out = 1 WHERE alyx_url = :alyx_url AND username = :username;

-- name: account_list
SELECT * FROM account ORDER BY proved_at DESC;
