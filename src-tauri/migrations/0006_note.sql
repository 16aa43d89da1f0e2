-- Free text of the user.
ALTER TABLE connection ADD COLUMN note TEXT;
