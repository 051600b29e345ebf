-- Expired tokens are found without looking at the others. Fixed tokens, which never end, are not in it.
CREATE INDEX tokens_by_expiry ON tokens (expires_at) WHERE expires_at IS NOT NULL;
