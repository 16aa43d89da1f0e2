-- The way to connect, where an element has several.
ALTER TABLE connection ADD COLUMN way TEXT;
