-- +goose Up

-- The digest of all facts as lupa left them, and the change counter of the file
-- after that: where the counter is another one, somebody else wrote since.
ALTER TABLE lupa_target ADD COLUMN facts TEXT;
ALTER TABLE lupa_target ADD COLUMN counter INTEGER;
