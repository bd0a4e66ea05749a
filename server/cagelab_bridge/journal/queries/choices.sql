-- name: choice_put
INSERT INTO choice (alyx_url, kind, records, read_at) VALUES (:alyx_url, :kind, :records, :read_at)
ON CONFLICT (alyx_url, kind) DO UPDATE SET records = excluded.records, read_at = excluded.read_at;

-- name: choice_get
SELECT * FROM choice WHERE alyx_url = :alyx_url AND kind = :kind;
