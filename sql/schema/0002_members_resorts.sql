-- Who: people, and the resorts some of them act for.

CREATE TYPE member_role AS ENUM (
    'crew', 'resort', 'moderator', 'auditor', 'admin', 'super_admin');

CREATE TYPE member_status AS ENUM ('active', 'suspended', 'deleted');

CREATE TABLE members (
    id                 uuid          PRIMARY KEY,
    email              text          COLLATE "C" NOT NULL,
    email_verified_at  timestamptz,
    phone_sealed       bytea,
    display_name       text          NOT NULL,
    locale             text          NOT NULL DEFAULT 'ko',
    roles              member_role[] NOT NULL DEFAULT '{crew}',
    status             member_status NOT NULL DEFAULT 'active',
    suspended_until    timestamptz,
    created_at         timestamptz   NOT NULL DEFAULT now(),
    updated_at         timestamptz   NOT NULL DEFAULT now(),
    CONSTRAINT members_email_ck CHECK (
        char_length(email) <= 254
        AND email = lower(email)
        AND email ~ '^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$'),
    CONSTRAINT members_name_ck CHECK (
        char_length(display_name) BETWEEN 1 AND 50
        AND display_name IS NFC NORMALIZED
        AND display_name !~ '[[:cntrl:]]'),
    CONSTRAINT members_locale_ck CHECK (locale IN ('ko', 'en')),
    CONSTRAINT members_roles_ck CHECK (
        cardinality(roles) BETWEEN 1 AND 6
        AND array_position(roles, NULL) IS NULL),
    CONSTRAINT members_suspended_ck CHECK (
        (status = 'suspended') = (suspended_until IS NOT NULL))
) WITH (fillfactor = 90);

-- fillfactor 90: a member row is changed in place (status, roles, name), none
-- of which is indexed, so a little room keeps the update on its page (HOT).

COMMENT ON COLUMN members.email IS 'Lower case; the address as typed is not kept';
COMMENT ON COLUMN members.phone_sealed IS 'AES-256-GCM by the server; never plain text';
COMMENT ON COLUMN members.suspended_until IS 'infinity for a suspension without end';

CREATE UNIQUE INDEX members_email_key ON members (email);


CREATE TYPE resort_type AS ENUM (
    'ski', 'beach', 'mountain', 'urban', 'lake', 'golf', 'hot_spring', 'theme_park');

-- Names are compared by code point (COLLATE "C"): for Hangul that is the
-- order of a Korean dictionary, and it stays the same when the C library's
-- locale data change, which would otherwise corrupt the index silently.
CREATE TABLE resorts (
    id                    uuid        PRIMARY KEY,
    name                  text        COLLATE "C" NOT NULL,
    name_en               text,
    type                  resort_type NOT NULL,
    description           text        NOT NULL DEFAULT '',
    environment           text        NOT NULL DEFAULT '',
    benefits              text[]      NOT NULL DEFAULT '{}',
    photos                text[]      NOT NULL DEFAULT '{}',
    region_code           text        NOT NULL REFERENCES regions (code),
    address               text        NOT NULL,
    lat                   double precision NOT NULL,
    lng                   double precision NOT NULL,
    location              point       NOT NULL
                          GENERATED ALWAYS AS (geo_point(lat, lng)) STORED,
    contact_phone         text,
    contact_email         text,
    website               text,
    business_number       text        NOT NULL,
    business_verified_at  timestamptz,
    business_verified_by  uuid        REFERENCES members (id),
    rating_avg            numeric(3,2),
    rating_count          integer     NOT NULL DEFAULT 0,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    deleted_at            timestamptz,
    open                  boolean     NOT NULL
                          GENERATED ALWAYS AS (business_verified_at IS NOT NULL
                                               AND deleted_at IS NULL) STORED,
    CONSTRAINT resorts_name_ck CHECK (
        char_length(name) BETWEEN 2 AND 60
        AND name IS NFC NORMALIZED
        AND name !~ '[[:cntrl:]]'),
    CONSTRAINT resorts_name_en_ck CHECK (char_length(name_en) BETWEEN 2 AND 120),
    CONSTRAINT resorts_text_ck CHECK (
        char_length(description) <= 5000 AND char_length(environment) <= 2000),
    CONSTRAINT resorts_benefits_ck CHECK (short_labels(benefits, 30)),
    CONSTRAINT resorts_photos_ck CHECK (cardinality(photos) <= 30),
    CONSTRAINT resorts_address_ck CHECK (char_length(address) BETWEEN 5 AND 200),
    CONSTRAINT resorts_place_ck CHECK (lat BETWEEN 32.5 AND 39 AND lng BETWEEN 124 AND 132.5),
    CONSTRAINT resorts_phone_ck CHECK (contact_phone ~ '^0[0-9]{1,2}-[0-9]{3,4}-[0-9]{4}$'),
    CONSTRAINT resorts_email_ck CHECK (contact_email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    CONSTRAINT resorts_website_ck CHECK (website ~ '^https?://[^[:space:]]{1,250}$'),
    CONSTRAINT resorts_business_number_ck CHECK (business_number_valid(business_number)),
    CONSTRAINT resorts_verified_ck CHECK (
        business_verified_by IS NULL OR business_verified_at IS NOT NULL),
    CONSTRAINT resorts_rating_ck CHECK (
        rating_count >= 0
        AND (rating_count = 0) = (rating_avg IS NULL)
        AND (rating_avg IS NULL OR rating_avg BETWEEN 1 AND 5))
) WITH (fillfactor = 90);

COMMENT ON COLUMN resorts.open IS
    'The public sees it: its business number is verified and it is not deleted';
COMMENT ON COLUMN resorts.location IS 'geo_point(lat, lng): metres on a plane';

-- A deleted resort gives its number back: the business may register again.
CREATE UNIQUE INDEX resorts_business_number_key
    ON resorts (business_number) WHERE deleted_at IS NULL;

CREATE INDEX resorts_open_name ON resorts (name, id) WHERE open;
CREATE INDEX resorts_open_region ON resorts (region_code, name, id) WHERE open;
CREATE INDEX resorts_open_type ON resorts (type, name, id) WHERE open;
CREATE INDEX resorts_open_location ON resorts USING gist (location) WHERE open;


CREATE TYPE resort_member_role AS ENUM ('owner', 'manager', 'recruiter');

CREATE TABLE resort_members (
    resort_id   uuid               NOT NULL REFERENCES resorts (id),
    member_id   uuid               NOT NULL REFERENCES members (id),
    role        resort_member_role NOT NULL,
    created_at  timestamptz        NOT NULL DEFAULT now(),
    PRIMARY KEY (resort_id, member_id)
);

CREATE INDEX resort_members_member ON resort_members (member_id);
