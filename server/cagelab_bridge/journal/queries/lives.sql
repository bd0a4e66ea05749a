-- name: life_last
SELECT * FROM life ORDER BY number DESC LIMIT 1;

-- name: life_begin
INSERT INTO life (boot_id, version, began_at) VALUES (:boot_id, :version, :began_at);

-- name: life_end
UPDATE life SET ended_at = :ended_at WHERE number = (SELECT max(number) FROM life);
