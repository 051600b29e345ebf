-- Everything of the first version, as in SQLite. Keys that are text compare by bytes ("C"): an index must not depend on
-- the machine's collations, which differ between the nodes of a cluster and change with their operating system.
CREATE TABLE projects (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE accounts (
    name TEXT COLLATE "C" PRIMARY KEY,
    password_hash TEXT,
    project_id TEXT COLLATE "C" NOT NULL REFERENCES projects (id),
    roles TEXT NOT NULL -- names, separated by commas
);

CREATE TABLE access_keys (
    access TEXT COLLATE "C" PRIMARY KEY,
    secret TEXT NOT NULL,
    user_name TEXT COLLATE "C" NOT NULL REFERENCES accounts (name)
);

CREATE TABLE tokens (
    hash BYTEA PRIMARY KEY,
    user_name TEXT COLLATE "C" NOT NULL REFERENCES accounts (name),
    issued_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ, -- null: a fixed token, which never ends
    revoked_at TIMESTAMPTZ
);

-- Vaults and members are rewritten often: room in the pages keeps that from touching the indexes.
CREATE TABLE vaults (
    id UUID PRIMARY KEY,
    project_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    object_type TEXT NOT NULL,
    protect_type TEXT NOT NULL,
    status TEXT NOT NULL,
    size BIGINT NOT NULL CHECK (size >= 0), -- GB
    used BIGINT NOT NULL CHECK (used >= 0), -- MB, without shares
    shared BIGINT NOT NULL DEFAULT 0 CHECK (shared >= 0) -- MB: the sum over the shares accepted into this vault
) WITH (fillfactor = 70);

CREATE TABLE backups (
    id UUID PRIMARY KEY,
    project_id TEXT COLLATE "C" NOT NULL,
    vault_id UUID NOT NULL,
    name TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    resource_size BIGINT NOT NULL CHECK (resource_size >= 0), -- GB
    status TEXT NOT NULL,
    encrypted BOOLEAN NOT NULL
);

-- The key is the rule: one record for a pair of backup and project. Every request asks by backup, so one index does.
CREATE TABLE members (
    backup_id UUID NOT NULL,
    dest_project_id TEXT COLLATE "C" NOT NULL,
    id UUID NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'rejected')),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ,
    vault_id UUID,
    image_id UUID,
    PRIMARY KEY (backup_id, dest_project_id),
    CHECK ((status = 'accepted') = (vault_id IS NOT NULL))
) WITH (fillfactor = 80);

-- What each writer of each server committed last. A transaction writes its number here first, so that a server that
-- lost the answer to COMMIT can ask what became of it. One row for each writer, rewritten all the time.
CREATE TABLE last_writes (
    server UUID,
    writer INTEGER,
    number BIGINT NOT NULL,
    attempt INTEGER NOT NULL,
    written_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (server, writer)
) WITH (fillfactor = 20);
