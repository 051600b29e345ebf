-- Everything of the first version. Ids that are UUIDs are blobs of 16 bytes, times are microseconds since 1970 in UTC.
CREATE TABLE projects (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    name TEXT NOT NULL PRIMARY KEY,
    password_hash TEXT,
    project_id TEXT NOT NULL REFERENCES projects (id),
    roles TEXT NOT NULL -- names, separated by commas
) STRICT, WITHOUT ROWID;

CREATE TABLE access_keys (
    access TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL,
    user_name TEXT NOT NULL REFERENCES accounts (name)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    hash BLOB NOT NULL PRIMARY KEY,
    user_name TEXT NOT NULL REFERENCES accounts (name),
    issued_at INTEGER NOT NULL,
    expires_at INTEGER, -- null: a fixed token, which never ends
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE vaults (
    id BLOB NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL,
    name TEXT NOT NULL,
    object_type TEXT NOT NULL,
    protect_type TEXT NOT NULL,
    status TEXT NOT NULL,
    size INTEGER NOT NULL CHECK (size >= 0), -- GB
    used INTEGER NOT NULL CHECK (used >= 0), -- MB, without shares
    shared INTEGER NOT NULL DEFAULT 0 CHECK (shared >= 0) -- MB: the sum over the shares accepted into this vault
) STRICT, WITHOUT ROWID;

CREATE TABLE backups (
    id BLOB NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL,
    vault_id BLOB NOT NULL,
    name TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    resource_size INTEGER NOT NULL CHECK (resource_size >= 0), -- GB
    status TEXT NOT NULL,
    encrypted INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The key is the rule: one record for a pair of backup and project. Every request asks by backup, so one index does.
CREATE TABLE members (
    backup_id BLOB NOT NULL,
    dest_project_id TEXT NOT NULL,
    id BLOB NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'rejected')),
    created_at INTEGER NOT NULL,
    updated_at INTEGER,
    vault_id BLOB,
    image_id BLOB,
    PRIMARY KEY (backup_id, dest_project_id),
    CHECK ((status = 'accepted') = (vault_id IS NOT NULL))
) STRICT, WITHOUT ROWID;
