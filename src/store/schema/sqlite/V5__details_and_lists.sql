-- What is only listed and shown of backups and vaults.
ALTER TABLE backups ADD COLUMN description TEXT;
ALTER TABLE backups ADD COLUMN created_at INTEGER;
ALTER TABLE backups ADD COLUMN updated_at INTEGER;
ALTER TABLE backups ADD COLUMN protected_at INTEGER;
ALTER TABLE backups ADD COLUMN expired_at INTEGER;
ALTER TABLE backups ADD COLUMN resource_id TEXT;
ALTER TABLE backups ADD COLUMN resource_name TEXT;
ALTER TABLE backups ADD COLUMN image_type TEXT;
ALTER TABLE backups ADD COLUMN checkpoint_id BLOB;
ALTER TABLE backups ADD COLUMN parent_id BLOB;
ALTER TABLE backups ADD COLUMN enterprise_project_id TEXT; -- null: "0"
ALTER TABLE vaults ADD COLUMN description TEXT;
ALTER TABLE vaults ADD COLUMN created_at INTEGER;
ALTER TABLE vaults ADD COLUMN enterprise_project_id TEXT; -- null: "0"

-- created_at of the backup, or a moment before all others: so the index `members_by_project` has what the list of a
-- member is ordered and counted by, and a page of it looks at no other backup.
ALTER TABLE members ADD COLUMN backup_created_at INTEGER NOT NULL DEFAULT -999999999999999999;

-- Programs before this one do not write members.backup_created_at.
UPDATE compatibility SET oldest = 5;
