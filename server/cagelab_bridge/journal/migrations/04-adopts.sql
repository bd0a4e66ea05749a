-- Which session of another program is to be completed instead of making one: its id in Alyx, 'start' (of the same number
-- and start), 'number' (of the same number), '' none.
ALTER TABLE session ADD COLUMN adopts TEXT NOT NULL DEFAULT '';
