-- An advertisement without the employer's contact is a false one (the rule
-- no_contact, 0111), and so is one whose resort takes its contact away while it
-- is public.  Whoever changes a resort has locked its row, and a post that goes
-- live waits for that: the query below, with a snapshot of its own, sees it.

CREATE FUNCTION resorts_keep_contact()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT
                 FROM posts
                WHERE resort_id = NEW.id
                  AND live)
    THEN
        RAISE EXCEPTION 'resort % has live posts and needs a contact', NEW.id
              USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'resorts_live_contact_ck',
                    TABLE = 'resorts';
    END IF;

    RETURN NULL;
END
$$;

CREATE TRIGGER resorts_keep_contact
    AFTER UPDATE ON resorts
    FOR EACH ROW
    WHEN (coalesce(OLD.contact_phone, OLD.contact_email, OLD.website) IS NOT NULL
          AND coalesce(NEW.contact_phone, NEW.contact_email, NEW.website) IS NULL)
    EXECUTE FUNCTION resorts_keep_contact();
