-- What 0105 promised of new rows holds for the old ones too.
ALTER TABLE members VALIDATE CONSTRAINT members_password_ck;
ALTER TABLE members VALIDATE CONSTRAINT members_deleted_ck;
