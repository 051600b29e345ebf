CREATE TABLE public.access_keys (
    access text NOT NULL COLLATE pg_catalog."C",
    secret text NOT NULL,
    user_name text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.accounts (
    name text NOT NULL COLLATE pg_catalog."C",
    password_hash text,
    project_id text NOT NULL COLLATE pg_catalog."C",
    roles text NOT NULL
);
CREATE TABLE public.backups (
    id uuid NOT NULL,
    project_id text NOT NULL COLLATE pg_catalog."C",
    vault_id uuid NOT NULL,
    name text NOT NULL,
    resource_type text NOT NULL,
    resource_size bigint NOT NULL,
    status text NOT NULL,
    encrypted boolean NOT NULL,
    CONSTRAINT backups_resource_size_check CHECK ((resource_size >= 0))
);
CREATE TABLE public.last_writes (
    server uuid NOT NULL,
    writer integer NOT NULL,
    number bigint NOT NULL,
    attempt integer NOT NULL,
    written_at timestamp with time zone NOT NULL
)
WITH (fillfactor='20');
CREATE TABLE public.members (
    backup_id uuid NOT NULL,
    dest_project_id text NOT NULL COLLATE pg_catalog."C",
    id uuid NOT NULL,
    status text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone,
    vault_id uuid,
    image_id uuid,
    CONSTRAINT members_check CHECK (((status = 'accepted'::text) = (vault_id IS NOT NULL))),
    CONSTRAINT members_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'accepted'::text, 'rejected'::text])))
)
WITH (fillfactor='80');
CREATE TABLE public.projects (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL
);
CREATE TABLE public.refinery_schema_history (
    version integer NOT NULL,
    name character varying(255),
    applied_on character varying(255),
    checksum character varying(255)
);
CREATE TABLE public.tokens (
    hash bytea NOT NULL,
    user_name text NOT NULL COLLATE pg_catalog."C",
    issued_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone
);
CREATE TABLE public.vaults (
    id uuid NOT NULL,
    project_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    object_type text NOT NULL,
    protect_type text NOT NULL,
    status text NOT NULL,
    size bigint NOT NULL,
    used bigint NOT NULL,
    shared bigint DEFAULT 0 NOT NULL,
    CONSTRAINT vaults_shared_check CHECK ((shared >= 0)),
    CONSTRAINT vaults_size_check CHECK ((size >= 0)),
    CONSTRAINT vaults_used_check CHECK ((used >= 0))
)
WITH (fillfactor='70');
INSERT INTO public.access_keys VALUES ('AK-OLGA', 'SK-OLGA', 'olga');
INSERT INTO public.accounts VALUES ('ann', NULL, 'team-9_B', '');
INSERT INTO public.accounts VALUES ('mia', '$argon2id$v=19$m=19456,t=2,p=1$tia6ixztHpIh/ptlnWuMow$pp0ABuSLczkswocs8HLjBk0dKoMM5UQMJSuGnS96ql8', 'f841e01fd2b14e7fa41b6ae7aa6b0594', 'cbr_admin');
INSERT INTO public.accounts VALUES ('olga', '$argon2id$v=19$m=19456,t=2,p=1$q9HekmB2ZLdY8SjJt+z2jA$6a8A2FLgrU3rCjsepGGwfhukSSCxqnHH4Dx7gmWZbhY', '0605767b5780d5762fc5c0118072a564', 'member,reader');
INSERT INTO public.backups VALUES ('d1000000-0000-4000-8000-000000000001', '0605767b5780d5762fc5c0118072a564', 'a1000000-0000-4000-8000-000000000001', 'shared by request', 'OS::Nova::Server', 40, 'available', false);
INSERT INTO public.backups VALUES ('d1000000-0000-4000-8000-000000000002', '0605767b5780d5762fc5c0118072a564', 'a1000000-0000-4000-8000-000000000001', 'shared from the start', 'OS::Nova::Server', 10, 'available', false);
INSERT INTO public.backups VALUES ('d1000000-0000-4000-8000-000000000003', '0605767b5780d5762fc5c0118072a564', 'a1000000-0000-4000-8000-000000000002', 'encrypted', 'OS::Cinder::Volume', 5, 'unavailable', true);
INSERT INTO public.last_writes VALUES ('c8b42a7e-fa5e-45f5-a845-b7cbc84e659c', 1, 2, 1, '2026-11-24 23:54:42.421879+00');
INSERT INTO public.members VALUES ('d1000000-0000-4000-8000-000000000002', 'f841e01fd2b14e7fa41b6ae7aa6b0594', 'c82595e7-39e7-8b5b-9a3a-4ab43b22e23f', 'accepted', '2026-11-24 23:54:42.336204+00', NULL, 'b1000000-0000-4000-8000-000000000001', 'e1000000-0000-4000-8000-000000000001');
INSERT INTO public.members VALUES ('d1000000-0000-4000-8000-000000000002', 'team-9_B', 'c1000000-0000-4000-8000-000000000001', 'rejected', '2026-11-24 23:54:42.336205+00', NULL, NULL, NULL);
INSERT INTO public.members VALUES ('d1000000-0000-4000-8000-000000000001', 'team-9_B', '9de4a3ba-bcdb-421d-8d41-d27224253c29', 'pending', '2026-11-24 23:54:42.406316+00', NULL, NULL, NULL);
INSERT INTO public.members VALUES ('d1000000-0000-4000-8000-000000000001', 'f841e01fd2b14e7fa41b6ae7aa6b0594', 'f0cc0e0a-d0b7-417c-89b2-34161aa6e564', 'accepted', '2026-11-24 23:54:42.406316+00', '2026-11-24 23:54:42.421758+00', 'b1000000-0000-4000-8000-000000000001', NULL);
INSERT INTO public.projects VALUES ('0605767b5780d5762fc5c0118072a564', 'owner');
INSERT INTO public.projects VALUES ('f841e01fd2b14e7fa41b6ae7aa6b0594', 'member');
INSERT INTO public.projects VALUES ('team-9_B', 'another');
INSERT INTO public.refinery_schema_history VALUES (1, 'shares_catalog_accounts', '2026-11-24T23:54:42.026396085Z', '10877556072075235870');
INSERT INTO public.tokens VALUES ('\xe83babeabef696679198ec477d63ec85e49a35304c2e9b1ccea6fb0571d758c3', 'olga', '2026-11-24 23:54:42.28025+00', NULL, NULL);
INSERT INTO public.tokens VALUES ('\xa362a398f3db3eb00148674d7d02806f655a6f8b1efa69e3734ce6e73b6bafa3', 'mia', '2026-11-24 23:54:42.336192+00', NULL, NULL);
INSERT INTO public.tokens VALUES ('\xdfa603dfa2ef13eb23a30434d7feef5de20829cb6c5181623c8028a74eaf4971', 'ann', '2026-11-24 23:54:42.336197+00', NULL, NULL);
INSERT INTO public.tokens VALUES ('\x3c5f4e3922cc46dee79ffff6b545a3f0e7f83d34766f931a3a0b942d38273f7f', 'mia', '2026-11-24 23:54:42.579059+00', '2026-11-25 23:54:42.57906+00', NULL);
INSERT INTO public.tokens VALUES ('\x309fe6df2f7854b7d2501fa0353c2838de13071446a7796d14a3623823c05f97', 'mia', '2026-11-24 23:54:42.652211+00', '2026-11-25 23:54:42.652211+00', '2026-11-24 23:54:42.686095+00');
INSERT INTO public.vaults VALUES ('a1000000-0000-4000-8000-000000000001', '0605767b5780d5762fc5c0118072a564', 'servers', 'server', 'backup', 'available', 1000, 40960, 0);
INSERT INTO public.vaults VALUES ('a1000000-0000-4000-8000-000000000002', '0605767b5780d5762fc5c0118072a564', 'disks', 'disk', 'hybrid', 'lock', 100, 0, 0);
INSERT INTO public.vaults VALUES ('b1000000-0000-4000-8000-000000000002', 'f841e01fd2b14e7fa41b6ae7aa6b0594', 'files', 'other', 'replication', 'frozen', 10, 0, 0);
INSERT INTO public.vaults VALUES ('b1000000-0000-4000-8000-000000000001', 'f841e01fd2b14e7fa41b6ae7aa6b0594', 'Überlauf', 'server', 'backup', 'available', 200, 1024, 51200);
ALTER TABLE ONLY public.access_keys
    ADD CONSTRAINT access_keys_pkey PRIMARY KEY (access);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.backups
    ADD CONSTRAINT backups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.last_writes
    ADD CONSTRAINT last_writes_pkey PRIMARY KEY (server, writer);
ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (backup_id, dest_project_id);
ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.refinery_schema_history
    ADD CONSTRAINT refinery_schema_history_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.vaults
    ADD CONSTRAINT vaults_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.access_keys
    ADD CONSTRAINT access_keys_user_name_fkey FOREIGN KEY (user_name) REFERENCES public.accounts(name);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(id);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_user_name_fkey FOREIGN KEY (user_name) REFERENCES public.accounts(name);
