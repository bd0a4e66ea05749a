-- What the files of a transfer add up to. Triggers keep it, so that a status costs the same for ten files and for
-- 100,000; whatever changes a file changes this in the same commit. No file counts for more than 64 TiB: a damaged record
-- of a session may name any number, and their sum must be one.
CREATE TABLE sums (
    transfer_id TEXT PRIMARY KEY REFERENCES transfer (id),
    accepted_at TEXT NOT NULL,              -- of the transfer, which never changes
    total INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    dismissed INTEGER NOT NULL DEFAULT 0,
    blocked INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    bytes_total INTEGER NOT NULL DEFAULT 0,
    bytes_sent INTEGER NOT NULL DEFAULT 0,
    bytes_left INTEGER NOT NULL DEFAULT 0,  -- of files that are neither DONE nor DISMISSED
    unsettled INTEGER NOT NULL GENERATED ALWAYS AS (total - done - dismissed) STORED
) STRICT, WITHOUT ROWID;
INSERT INTO sums
SELECT t.id, t.accepted_at, count(f.id), coalesce(sum(f.state = 'DONE'), 0), coalesce(sum(f.state = 'DISMISSED'), 0),
    coalesce(sum(f.blocked), 0), coalesce(sum(f.waiting), 0), coalesce(sum(min(max(f.size, 0), 1 << 46)), 0),
    coalesce(sum(min(f.bytes_sent, 1 << 46)), 0),
    coalesce(sum((f.state NOT IN ('DONE', 'DISMISSED')) * (min(max(f.size, 0), 1 << 46) - min(f.bytes_sent, 1 << 46))), 0)
FROM transfer t LEFT JOIN file f ON f.transfer_id = t.id GROUP BY t.id;
CREATE INDEX sums_unfinished ON sums (accepted_at) WHERE unsettled > 0;

CREATE TRIGGER sums_begin AFTER INSERT ON transfer BEGIN
    INSERT INTO sums (transfer_id, accepted_at) VALUES (NEW.id, NEW.accepted_at);
END;
CREATE TRIGGER sums_add AFTER INSERT ON file BEGIN
    UPDATE sums SET total = total + 1,
        done = done + (NEW.state = 'DONE'),
        dismissed = dismissed + (NEW.state = 'DISMISSED'),
        blocked = blocked + NEW.blocked,
        waiting = waiting + NEW.waiting,
        bytes_total = bytes_total + min(max(NEW.size, 0), 1 << 46),
        bytes_sent = bytes_sent + min(NEW.bytes_sent, 1 << 46),
        bytes_left = bytes_left
            + (NEW.state NOT IN ('DONE', 'DISMISSED')) * (min(max(NEW.size, 0), 1 << 46) - min(NEW.bytes_sent, 1 << 46))
    WHERE transfer_id = NEW.transfer_id;
END;
CREATE TRIGGER sums_change AFTER UPDATE OF state, size, blocked, waiting, bytes_sent ON file
WHEN (OLD.state, OLD.size, OLD.blocked, OLD.waiting, OLD.bytes_sent)
    IS NOT (NEW.state, NEW.size, NEW.blocked, NEW.waiting, NEW.bytes_sent) BEGIN
    UPDATE sums SET
        done = done + (NEW.state = 'DONE') - (OLD.state = 'DONE'),
        dismissed = dismissed + (NEW.state = 'DISMISSED') - (OLD.state = 'DISMISSED'),
        blocked = blocked + NEW.blocked - OLD.blocked,
        waiting = waiting + NEW.waiting - OLD.waiting,
        bytes_total = bytes_total + min(max(NEW.size, 0), 1 << 46) - min(max(OLD.size, 0), 1 << 46),
        bytes_sent = bytes_sent + min(NEW.bytes_sent, 1 << 46) - min(OLD.bytes_sent, 1 << 46),
        bytes_left = bytes_left
            + (NEW.state NOT IN ('DONE', 'DISMISSED')) * (min(max(NEW.size, 0), 1 << 46) - min(NEW.bytes_sent, 1 << 46))
            - (OLD.state NOT IN ('DONE', 'DISMISSED')) * (min(max(OLD.size, 0), 1 << 46) - min(OLD.bytes_sent, 1 << 46))
    WHERE transfer_id = NEW.transfer_id;
END;

-- Whatever is asked for while an experiment runs is found by an index, however long the journal has become.
CREATE INDEX session_newest ON session (accepted_at DESC, id);
CREATE INDEX session_by_date ON session (date);
CREATE INDEX session_unswept ON session (accepted_at) WHERE swept = 0;
CREATE INDEX session_blocked ON session (id) WHERE blocked = 1;
CREATE INDEX transfer_newest ON transfer (accepted_at DESC, id);
CREATE INDEX transfer_unlisted ON transfer (id) WHERE listed = 0 AND cancelled = 0;
CREATE INDEX transfer_blocked ON transfer (id) WHERE blocked = 1;
CREATE INDEX transfer_troubled ON transfer (trouble_since, id) WHERE cancelled = 0 AND (blocked = 1 OR waiting = 1);
CREATE INDEX file_blocked ON file (transfer_id) WHERE blocked = 1;
CREATE INDEX file_troubled ON file (trouble_since) WHERE state NOT IN ('DONE', 'DISMISSED') AND (blocked = 1 OR waiting = 1);
CREATE INDEX file_registering ON file (session_id) WHERE intent = 1;
CREATE INDEX download_newest ON download (accepted_at DESC, id);
CREATE INDEX download_blocked ON download (id) WHERE blocked = 1;
CREATE INDEX download_file_blocked ON download_file (transfer_id) WHERE blocked = 1;
CREATE INDEX request_by_age ON request (accepted_at);
