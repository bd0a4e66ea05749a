-- name: request_insert
INSERT INTO request (id, method, digest, outcome, accepted_at) VALUES (:id, :method, :digest, :outcome, :accepted_at);

-- name: request_get
SELECT * FROM request WHERE id = :id AND method = :method;

-- name: request_forget
DELETE FROM request WHERE accepted_at < :before;
