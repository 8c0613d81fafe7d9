-- +goose Up

-- Digests of what an apply left and of the way back over it, which brakes
-- somebody acknowledged, which entry an apply undid, up to which entry the log
-- was pruned; and the way back itself, compressed.
ALTER TABLE lupa_log ADD COLUMN state        TEXT NOT NULL DEFAULT '';
ALTER TABLE lupa_log ADD COLUMN back         TEXT NOT NULL DEFAULT '';
ALTER TABLE lupa_log ADD COLUMN acknowledged TEXT NOT NULL DEFAULT '';
ALTER TABLE lupa_log ADD COLUMN undo         BIGINT NOT NULL DEFAULT 0;
ALTER TABLE lupa_log ADD COLUMN pruned       BIGINT NOT NULL DEFAULT 0;
ALTER TABLE lupa_log ADD COLUMN way          BYTEA;
