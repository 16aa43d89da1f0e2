-- Values that the callback brought and that the element declares, such as realmId. They are not secret.
ALTER TABLE connection ADD COLUMN callback TEXT NOT NULL DEFAULT '{}';
