-- +goose Up

-- The digest of all facts as lupa left them.
ALTER TABLE lupa_target ADD COLUMN facts TEXT;
ALTER TABLE lupa_target ADD COLUMN counter BIGINT;
