-- What is only listed and shown of backups and vaults.
ALTER TABLE backups
    ADD COLUMN description TEXT,
    ADD COLUMN created_at TIMESTAMPTZ,
    ADD COLUMN updated_at TIMESTAMPTZ,
    ADD COLUMN protected_at TIMESTAMPTZ,
    ADD COLUMN expired_at TIMESTAMPTZ,
    ADD COLUMN resource_id TEXT,
    ADD COLUMN resource_name TEXT,
    ADD COLUMN image_type TEXT,
    ADD COLUMN checkpoint_id UUID,
    ADD COLUMN parent_id UUID,
    ADD COLUMN enterprise_project_id TEXT; -- null: "0"
ALTER TABLE vaults
    ADD COLUMN description TEXT,
    ADD COLUMN created_at TIMESTAMPTZ,
    ADD COLUMN enterprise_project_id TEXT; -- null: "0"

-- created_at of the backup, or a moment before all others: so the index `members_by_project` has what the list of a
-- member is ordered and counted by, and a page of it looks at no other backup.
ALTER TABLE members ADD COLUMN backup_created_at TIMESTAMPTZ NOT NULL DEFAULT '-infinity';

-- Programs before this one do not write members.backup_created_at.
UPDATE compatibility SET oldest = 5;
