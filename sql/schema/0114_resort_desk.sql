-- What a resort tells of its business, and whether a moderator has verified it.

-- What the tax office's own verification of a business asks for, besides the
-- number.  A resort may do without until it asks to be verified.
ALTER TABLE resorts ADD COLUMN business_name text;
ALTER TABLE resorts ADD COLUMN representative text;
ALTER TABLE resorts ADD COLUMN opened_on date;

ALTER TABLE resorts ADD COLUMN verification_asked_at timestamptz;
ALTER TABLE resorts ADD COLUMN verification_refused_at timestamptz;
ALTER TABLE resorts ADD COLUMN verification_reason text;
ALTER TABLE resorts ADD COLUMN first_verified_at timestamptz;

COMMENT ON COLUMN resorts.opened_on IS 'When the business opened, as its registration says';
COMMENT ON COLUMN resorts.verification_asked_at IS
    'Since when it waits or has waited for a moderator; null: it has not told enough';
COMMENT ON COLUMN resorts.verification_refused_at IS
    'Refused, or a verification was taken back, for verification_reason';
COMMENT ON COLUMN resorts.first_verified_at IS 'Since then the public has known it';


-- Text as it is kept: composed, without what isn't seen, nor blanks at its ends.
CREATE FUNCTION tidied(words text)
RETURNS text
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(seen_text(words),
             E' \t\n\u000b\f\r\u0085\u00a0\u00ad\u061c\u1680\u180e'
              '\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a'
              '\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d'
              '\u202e\u202f\u205f\u2060\u2061\u2062\u2063\u2064\u2066\u2067'
              '\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f\u2800\u3000\u3164'
              '\ufeff\uffa0\ufff9\ufffa\ufffb');


-- none: it has not told enough to be verified.
CREATE FUNCTION resort_verification(resort resorts)
RETURNS text
LANGUAGE sql
IMMUTABLE PARALLEL SAFE
RETURN CASE
           WHEN resort.business_verified_at IS NOT NULL THEN 'verified'
           WHEN resort.verification_refused_at IS NOT NULL THEN 'refused'
           WHEN resort.verification_asked_at IS NOT NULL THEN 'waiting'
           ELSE 'none'
       END;


-- What is verified is what was told then: another number, name, head or day
-- is to be verified anew.  (While posts are live that is refused, by
-- resorts_no_live_posts_ck.)  Whoever was refused asks again by changing what
-- a moderator looks at.
CREATE FUNCTION resorts_keep_verification()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.business_verified_at IS NOT NULL
           AND NEW.business_verified_at IS NOT NULL
           AND (OLD.business_number, OLD.business_name, OLD.representative, OLD.opened_on)
               IS DISTINCT FROM
               (NEW.business_number, NEW.business_name, NEW.representative, NEW.opened_on)
        THEN
            NEW.business_verified_at := NULL;
            NEW.business_verified_by := NULL;
            NEW.verification_asked_at := now();
        END IF;

        IF OLD.verification_refused_at IS NOT NULL
           AND NEW.verification_refused_at = OLD.verification_refused_at
           AND (OLD.name, OLD.name_en, OLD.type, OLD.description, OLD.environment,
                OLD.region_code, OLD.address, OLD.lat, OLD.lng, OLD.contact_phone,
                OLD.contact_email, OLD.website, OLD.business_number, OLD.business_name,
                OLD.representative, OLD.opened_on)
               IS DISTINCT FROM
               (NEW.name, NEW.name_en, NEW.type, NEW.description, NEW.environment,
                NEW.region_code, NEW.address, NEW.lat, NEW.lng, NEW.contact_phone,
                NEW.contact_email, NEW.website, NEW.business_number, NEW.business_name,
                NEW.representative, NEW.opened_on)
        THEN
            NEW.verification_refused_at := NULL;
            NEW.verification_reason := NULL;
            NEW.verification_asked_at := now();
        END IF;

        NEW.first_verified_at := coalesce(NEW.first_verified_at, OLD.business_verified_at);
    END IF;

    IF NEW.business_verified_at IS NOT NULL THEN
        NEW.verification_refused_at := NULL;
        NEW.verification_reason := NULL;
        NEW.verification_asked_at := coalesce(NEW.verification_asked_at, NEW.created_at);
        NEW.first_verified_at := coalesce(NEW.first_verified_at, NEW.business_verified_at);
    ELSIF NEW.verification_refused_at IS NULL THEN
        NEW.verification_asked_at := CASE
            WHEN NEW.business_name IS NOT NULL
             AND NEW.representative IS NOT NULL
             AND NEW.opened_on IS NOT NULL
                THEN coalesce(NEW.verification_asked_at, now())
        END;
    ELSE
        NEW.verification_asked_at := coalesce(NEW.verification_asked_at, NEW.created_at);
    END IF;

    RETURN NEW;
END
$$;


-- A post doesn't wait for a moderator at a resort that has closed.  Statements
-- look first; these are for the one that came in between, on either side:
-- whoever submits holds the resort's row still, whoever closes has locked it,
-- and each query of a volatile function has a snapshot of its own.
CREATE FUNCTION resorts_leave_nothing_pending()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (SELECT
                 FROM posts
                WHERE resort_id = NEW.id
                  AND status = 'pending'
                  AND deleted_at IS NULL)
    THEN
        RAISE EXCEPTION 'resort % still has posts that wait for review', NEW.id
              USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'resorts_no_pending_posts_ck',
                    TABLE = 'resorts';
    END IF;

    RETURN NULL;
END
$$;

CREATE TRIGGER resorts_no_pending_posts
    AFTER UPDATE ON resorts
    FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION resorts_leave_nothing_pending();

CREATE FUNCTION posts_may_wait()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM
       FROM resorts
      WHERE id = NEW.resort_id
        AND deleted_at IS NULL
        FOR SHARE;

    IF NOT FOUND THEN
        RAISE EXCEPTION 'post % cannot be submitted: its resort is closed', NEW.id
              USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'posts_resort_open_ck',
                    TABLE = 'posts';
    END IF;

    RETURN NULL;
END
$$;

CREATE TRIGGER posts_30_may_wait_insert
    AFTER INSERT ON posts
    FOR EACH ROW
    WHEN (NEW.status = 'pending' AND NEW.deleted_at IS NULL)
    EXECUTE FUNCTION posts_may_wait();

CREATE TRIGGER posts_30_may_wait_update
    AFTER UPDATE ON posts
    FOR EACH ROW
    WHEN (NEW.status = 'pending' AND NEW.deleted_at IS NULL
          AND (OLD.status <> 'pending' OR OLD.deleted_at IS NOT NULL))
    EXECUTE FUNCTION posts_may_wait();


-- How the rows are kept, and nothing that they say.
ALTER TABLE resorts DISABLE TRIGGER USER;

UPDATE resorts
   SET verification_asked_at = created_at,
       first_verified_at = business_verified_at
 WHERE business_verified_at IS NOT NULL;

ALTER TABLE resorts ENABLE TRIGGER USER;

-- After resorts_10_revision, which looks at what was asked for.
CREATE TRIGGER resorts_20_verification
    BEFORE INSERT OR UPDATE ON resorts
    FOR EACH ROW
    EXECUTE FUNCTION resorts_keep_verification();


-- Resorts are thousands at most: there is nothing to be gained by validating
-- these later, or by building the indexes beside.
ALTER TABLE resorts ADD CONSTRAINT resorts_business_name_ck CHECK (
    char_length(business_name) BETWEEN 1 AND 100
    AND business_name IS NFC NORMALIZED
    AND business_name !~ '[[:cntrl:]]');
ALTER TABLE resorts ADD CONSTRAINT resorts_representative_ck CHECK (
    char_length(representative) BETWEEN 1 AND 50
    AND representative IS NFC NORMALIZED
    AND representative !~ '[[:cntrl:]]');
ALTER TABLE resorts ADD CONSTRAINT resorts_opened_on_ck CHECK (
    opened_on BETWEEN '1900-01-01' AND '2100-12-31');
ALTER TABLE resorts ADD CONSTRAINT resorts_refused_ck CHECK (
    (verification_refused_at IS NULL) = (verification_reason IS NULL)
    AND (verification_refused_at IS NULL OR business_verified_at IS NULL)
    AND char_length(verification_reason) BETWEEN 2 AND 1000);

-- Numbers that a whole country calls, too: 1588-0000, 0507-1234-5678.
ALTER TABLE resorts DROP CONSTRAINT resorts_phone_ck;
ALTER TABLE resorts ADD CONSTRAINT resorts_phone_ck CHECK (
    contact_phone ~ '^(0[0-9]{1,3}-[0-9]{3,4}|1[5-9][0-9]{2})-[0-9]{4}$');


-- Whoever was refused doesn't hold a number that may be another's: its owner
-- may register, and who was refused asks again only while it is free.  The
-- statements above have the table locked anyway, and this is done at once, too.
DROP INDEX resorts_business_number_key;
CREATE UNIQUE INDEX resorts_business_number_key ON resorts (business_number)
    WHERE deleted_at IS NULL
      AND verification_refused_at IS NULL;


-- The moderators' queue, whoever has waited longest first; verified ones and
-- those that were refused in the same order.
CREATE INDEX resorts_waiting ON resorts (verification_asked_at, id)
    WHERE deleted_at IS NULL
      AND business_verified_at IS NULL
      AND verification_refused_at IS NULL
      AND verification_asked_at IS NOT NULL;
CREATE INDEX resorts_refused ON resorts (verification_asked_at, id)
    WHERE deleted_at IS NULL
      AND verification_refused_at IS NOT NULL;
CREATE INDEX resorts_verified ON resorts (verification_asked_at, id) WHERE open;
