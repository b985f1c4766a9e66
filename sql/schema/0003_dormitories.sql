-- Where crew sleep: dormitory > room > bed > occupancy.

CREATE TYPE dormitory_type AS ENUM (
    'building', 'apartment', 'shared_house', 'studio', 'guest_room');

CREATE TABLE dormitories (
    id                  uuid           PRIMARY KEY,
    resort_id           uuid           NOT NULL REFERENCES resorts (id),
    name                text           NOT NULL,
    type                dormitory_type NOT NULL,
    description         text           NOT NULL DEFAULT '',
    rules               text           NOT NULL DEFAULT '',
    facilities          text[]         NOT NULL DEFAULT '{}',
    photos              text[]         NOT NULL DEFAULT '{}',
    rent_monthly_krw    integer        NOT NULL DEFAULT 0,
    deposit_krw         integer        NOT NULL DEFAULT 0,
    utilities_included  boolean        NOT NULL DEFAULT false,
    distance_m          integer        NOT NULL DEFAULT 0,
    created_at          timestamptz    NOT NULL DEFAULT now(),
    updated_at          timestamptz    NOT NULL DEFAULT now(),
    deleted_at          timestamptz,
    -- The target of posts' key: a post can only offer its own resort's house.
    CONSTRAINT dormitories_of_resort_key UNIQUE (id, resort_id),
    CONSTRAINT dormitories_name_ck CHECK (
        char_length(name) BETWEEN 1 AND 60 AND name !~ '[[:cntrl:]]'),
    CONSTRAINT dormitories_text_ck CHECK (
        char_length(description) <= 5000 AND char_length(rules) <= 5000),
    CONSTRAINT dormitories_facilities_ck CHECK (short_labels(facilities, 40)),
    CONSTRAINT dormitories_photos_ck CHECK (cardinality(photos) <= 30),
    CONSTRAINT dormitories_money_ck CHECK (
        rent_monthly_krw BETWEEN 0 AND 5000000 AND deposit_krw BETWEEN 0 AND 50000000),
    CONSTRAINT dormitories_distance_ck CHECK (distance_m BETWEEN 0 AND 100000)
);

COMMENT ON COLUMN dormitories.rent_monthly_krw IS '0 is free';
COMMENT ON COLUMN dormitories.distance_m IS 'Metres to the place of work';

CREATE UNIQUE INDEX dormitories_name_key
    ON dormitories (resort_id, name) WHERE deleted_at IS NULL;


CREATE TYPE room_gender AS ENUM ('female', 'male', 'any');

CREATE TABLE rooms (
    id            uuid        PRIMARY KEY,
    dormitory_id  uuid        NOT NULL REFERENCES dormitories (id),
    name          text        NOT NULL,
    floor         smallint    NOT NULL DEFAULT 1,
    gender        room_gender NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT rooms_name_key UNIQUE (dormitory_id, name),
    CONSTRAINT rooms_name_ck CHECK (
        char_length(name) BETWEEN 1 AND 30 AND name !~ '[[:cntrl:]]'),
    CONSTRAINT rooms_floor_ck CHECK (floor BETWEEN -5 AND 60)
);


CREATE TABLE beds (
    id          uuid        PRIMARY KEY,
    room_id     uuid        NOT NULL REFERENCES rooms (id),
    label       text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    retired_at  timestamptz,
    CONSTRAINT beds_label_key UNIQUE (room_id, label),
    CONSTRAINT beds_label_ck CHECK (
        char_length(label) BETWEEN 1 AND 20 AND label !~ '[[:cntrl:]]')
);

COMMENT ON COLUMN beds.retired_at IS 'Out of use: no new occupancy, old ones stay on record';


CREATE TYPE occupancy_status AS ENUM (
    'requested', 'waitlisted', 'assigned', 'refused',
    'checked_in', 'checkout_requested', 'checked_out', 'settled');

-- From assigned on a bed is taken for the days of the stay; a stay that ends
-- early frees the rest by shortening the range.  Days are [from, until): the
-- day of leaving is free for the next person.
CREATE TABLE occupancies (
    id          uuid             PRIMARY KEY,
    resort_id   uuid             NOT NULL REFERENCES resorts (id),
    bed_id      uuid             REFERENCES beds (id),
    crew_id     uuid             NOT NULL REFERENCES members (id),
    stay        daterange        NOT NULL,
    status      occupancy_status NOT NULL DEFAULT 'requested',
    created_at  timestamptz      NOT NULL DEFAULT now(),
    updated_at  timestamptz      NOT NULL DEFAULT now(),
    CONSTRAINT occupancies_stay_ck CHECK (
        NOT isempty(stay)
        AND NOT lower_inf(stay)
        AND NOT upper_inf(stay)
        AND isfinite(lower(stay))
        AND isfinite(upper(stay))
        AND upper(stay) - lower(stay) <= 1096),
    CONSTRAINT occupancies_bed_ck CHECK (
        status IN ('requested', 'waitlisted', 'refused') OR bed_id IS NOT NULL),
    CONSTRAINT occupancies_one_a_bed_and_day EXCLUDE USING gist (
        bed_id WITH =, stay WITH &&)
        WHERE (status IN ('assigned', 'checked_in', 'checkout_requested',
                          'checked_out', 'settled')),
    CONSTRAINT occupancies_one_a_crew_and_day EXCLUDE USING gist (
        crew_id WITH =, stay WITH &&)
        WHERE (status IN ('assigned', 'checked_in', 'checkout_requested',
                          'checked_out', 'settled'))
);

CREATE INDEX occupancies_resort ON occupancies (resort_id, status, id);
CREATE INDEX occupancies_crew ON occupancies (crew_id, id);
