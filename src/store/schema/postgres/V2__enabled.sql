-- What was given can be taken back without being forgotten. What stands already stays good.
ALTER TABLE accounts ADD COLUMN enabled BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE access_keys ADD COLUMN enabled BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE tokens ADD COLUMN enabled BOOLEAN NOT NULL DEFAULT true;
