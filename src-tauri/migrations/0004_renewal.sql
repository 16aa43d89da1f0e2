-- What became of the scopes that were asked for, and of access that could not be ended at once.

-- Scopes that were asked for and not granted.
ALTER TABLE connection ADD COLUMN missing TEXT NOT NULL DEFAULT '[]';
-- The provider's own key of the account: names change, and several accounts may bear one.
ALTER TABLE connection ADD COLUMN identity_key TEXT;
-- When a removal was begun: a provider that does not answer is told for a while that access has ended.
ALTER TABLE connection ADD COLUMN removed_at INTEGER;
