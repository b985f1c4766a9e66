-- Who is asking: accounts, sessions, factors, the OAuth 2 provider, and the
-- trail of all that concerns them.
--
-- No secret is kept that could be used as found: passwords are scrypt, tokens
-- that the server makes at random are SHA-256, links that go out by mail are
-- signed ids, TOTP secrets are sealed (AES-256-GCM) by the server.

ALTER TABLE members
    ADD COLUMN password_hash        text,
    ADD COLUMN password_changed_at  timestamptz,
    ADD COLUMN born_on              date,
    ADD COLUMN deleted_at           timestamptz,
    ADD COLUMN erased_at            timestamptz;

UPDATE members
   SET deleted_at = updated_at
 WHERE status = 'deleted';

ALTER TABLE members
    ADD CONSTRAINT members_password_ck CHECK (password_hash ~ '^\$scrypt\$') NOT VALID,
    ADD CONSTRAINT members_deleted_ck CHECK (
        (status = 'deleted') = (deleted_at IS NOT NULL)
        AND (erased_at IS NULL OR status = 'deleted')) NOT VALID;

COMMENT ON COLUMN members.password_hash IS
    'scrypt in PHC string form; null: signs in by other means, or has never set one';
COMMENT ON COLUMN members.deleted_at IS
    'Asked to be deleted; within 30 days it can be undone, then the row is erased but for its id';

CREATE INDEX members_to_erase ON members (deleted_at)
    WHERE deleted_at IS NOT NULL AND erased_at IS NULL;


-- A sign-up waits here until its link is followed: members have proved their
-- address, and nobody's password is put on another's address.
CREATE TABLE sign_ups (
    id             uuid          PRIMARY KEY,
    email          text          COLLATE "C" NOT NULL,
    password_hash  text          NOT NULL,
    display_name   text          NOT NULL,
    born_on        date          NOT NULL,
    role           member_role   NOT NULL,
    locale         text          NOT NULL DEFAULT 'ko',
    consents       jsonb         NOT NULL,
    device_hash    bytea,
    created_at     timestamptz   NOT NULL DEFAULT now(),
    expires_at     timestamptz   NOT NULL,
    used_at        timestamptz,
    CONSTRAINT sign_ups_role_ck CHECK (role IN ('crew', 'resort')),
    CONSTRAINT sign_ups_device_ck CHECK (octet_length(device_hash) = 32),
    CONSTRAINT sign_ups_consents_ck CHECK (jsonb_typeof(consents) = 'object')
);

COMMENT ON COLUMN sign_ups.device_hash IS
    'Of the browser that signed up; in another the link asks for the password';

CREATE INDEX sign_ups_expired ON sign_ups (expires_at);


CREATE TYPE consent_kind AS ENUM ('terms', 'privacy', 'marketing');

CREATE TABLE consent_documents (
    kind            consent_kind NOT NULL,
    version         text         NOT NULL,
    effective_from  date         NOT NULL,
    required        boolean      NOT NULL,
    title_ko        text         NOT NULL,
    title_en        text         NOT NULL,
    PRIMARY KEY (kind, version),
    CONSTRAINT consent_documents_version_ck CHECK (version ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$')
);

INSERT INTO consent_documents (kind, version, effective_from, required, title_ko, title_en)
VALUES
    ('terms',     '2026-11-01', '2026-11-01', true,  '이용약관',                 'Terms of service'),
    ('privacy',   '2026-11-01', '2026-11-01', true,  '개인정보 수집·이용',       'Collection and use of personal data'),
    ('marketing', '2026-11-01', '2026-11-01', false, '새 소식과 혜택 알림 수신', 'News and offers');

-- Each word given or taken back is a row; the last one a kind counts.
CREATE TABLE member_consents (
    id          bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id   uuid         NOT NULL REFERENCES members (id),
    kind        consent_kind NOT NULL,
    version     text         NOT NULL,
    given       boolean      NOT NULL,
    at          timestamptz  NOT NULL DEFAULT now(),
    FOREIGN KEY (kind, version) REFERENCES consent_documents (kind, version)
);

CREATE INDEX member_consents_member ON member_consents (member_id, kind, id DESC);

CREATE TRIGGER member_consents_append_only
    BEFORE UPDATE OR DELETE ON member_consents
    FOR EACH ROW
    EXECUTE FUNCTION refuse_rewriting();


-- Applications that get tokens.  A public one (an app on a phone) has no
-- secret; a confidential one has a random one, of which the hash is kept, or
-- signs with keys of its own.
CREATE TYPE client_auth_method AS ENUM (
    'none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt');

CREATE TABLE oauth_clients (
    id                         text        PRIMARY KEY,
    name                       text        NOT NULL,
    auth_method                client_auth_method NOT NULL,
    secret_hash                bytea,
    jwks                       jsonb,
    redirect_uris              text[]      NOT NULL DEFAULT '{}',
    post_logout_redirect_uris  text[]      NOT NULL DEFAULT '{}',
    grant_types                text[]      NOT NULL,
    scopes                     text[]      NOT NULL,
    require_par                boolean     NOT NULL DEFAULT false,
    require_dpop               boolean     NOT NULL DEFAULT false,
    first_party                boolean     NOT NULL DEFAULT false,
    created_by                 uuid        REFERENCES members (id),
    created_at                 timestamptz NOT NULL DEFAULT now(),
    updated_at                 timestamptz NOT NULL DEFAULT now(),
    disabled_at                timestamptz,
    CONSTRAINT oauth_clients_id_ck CHECK (id ~ '^[A-Za-z0-9_.-]{3,64}$'),
    CONSTRAINT oauth_clients_name_ck CHECK (char_length(name) BETWEEN 1 AND 60),
    CONSTRAINT oauth_clients_secret_ck CHECK (
        (auth_method IN ('client_secret_basic', 'client_secret_post')) = (secret_hash IS NOT NULL)
        AND octet_length(secret_hash) = 32),
    CONSTRAINT oauth_clients_jwks_ck CHECK (
        (auth_method = 'private_key_jwt') = (jwks IS NOT NULL)),
    CONSTRAINT oauth_clients_grants_ck CHECK (
        grant_types <@ ARRAY['authorization_code', 'refresh_token', 'client_credentials',
                             'urn:ietf:params:oauth:grant-type:device_code']
        AND cardinality(grant_types) > 0
        AND (auth_method <> 'none' OR NOT 'client_credentials' = ANY (grant_types))
        AND (NOT 'authorization_code' = ANY (grant_types) OR cardinality(redirect_uris) > 0))
);

COMMENT ON COLUMN oauth_clients.first_party IS
    'Ours: may do what concerns an account''s security, and a service of ours may ask about any access token; nobody is asked for consent where its redirect is https';


-- A browser that is signed in (by its cookie), a member's grant to a client
-- (a family of refresh tokens) or a client acting for itself.
CREATE TYPE session_kind AS ENUM ('browser', 'grant', 'client');

CREATE TABLE sessions (
    id                uuid         PRIMARY KEY,
    kind              session_kind NOT NULL,
    member_id         uuid         REFERENCES members (id),
    client_id         text         REFERENCES oauth_clients (id),
    parent_id         uuid         REFERENCES sessions (id) ON DELETE SET NULL,
    token_hash        bytea,
    scopes            text[]       NOT NULL DEFAULT '{}',
    dpop_jkt          text,
    acr               smallint     NOT NULL,
    amr               text[]       NOT NULL,
    authenticated_at  timestamptz  NOT NULL,
    device            text         NOT NULL DEFAULT '',
    device_hash       bytea,
    place             text         NOT NULL DEFAULT '',
    created_at        timestamptz  NOT NULL DEFAULT now(),
    last_seen_at      timestamptz  NOT NULL DEFAULT now(),
    expires_at        timestamptz  NOT NULL,
    revoked_at        timestamptz,
    revoke_reason     text,
    CONSTRAINT sessions_kind_ck CHECK (
        (kind = 'browser') = (token_hash IS NOT NULL)
        AND (kind = 'browser') = (client_id IS NULL)
        AND (kind = 'client') = (member_id IS NULL)),
    CONSTRAINT sessions_hash_ck CHECK (
        octet_length(token_hash) = 32 AND octet_length(device_hash) = 32),
    CONSTRAINT sessions_acr_ck CHECK (acr IN (1, 2)),
    CONSTRAINT sessions_device_ck CHECK (
        char_length(device) <= 200 AND char_length(place) <= 100),
    CONSTRAINT sessions_revoked_ck CHECK (
        (revoked_at IS NULL) = (revoke_reason IS NULL))
) WITH (fillfactor = 80);

COMMENT ON COLUMN sessions.parent_id IS
    'The browser session in which a grant was given; it ends with it unless it has offline_access';
COMMENT ON COLUMN sessions.acr IS '1: one factor; 2: two, or a passkey that verified its user';
COMMENT ON COLUMN sessions.device IS 'The browser and system as its user agent says, shortened';

CREATE UNIQUE INDEX sessions_token_key ON sessions (token_hash) WHERE token_hash IS NOT NULL;
CREATE INDEX sessions_member ON sessions (member_id, created_at DESC) WHERE revoked_at IS NULL;
CREATE INDEX sessions_parent ON sessions (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX sessions_client ON sessions (client_id) WHERE revoked_at IS NULL AND client_id IS NOT NULL;
CREATE INDEX sessions_expired ON sessions (expires_at);
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;


-- The successor is sealed with a key made of the token itself, so that only
-- who holds the old one can be given the same new one again.
CREATE TABLE refresh_tokens (
    hash              bytea       PRIMARY KEY,
    session_id        uuid        NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at        timestamptz NOT NULL DEFAULT now(),
    expires_at        timestamptz NOT NULL,
    used_at           timestamptz,
    successor_sealed  bytea,
    CONSTRAINT refresh_tokens_hash_ck CHECK (octet_length(hash) = 32),
    CONSTRAINT refresh_tokens_used_ck CHECK (
        (used_at IS NULL) = (successor_sealed IS NULL))
) WITH (fillfactor = 80);

CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_expired ON refresh_tokens (expires_at);


-- A browser in which a member has signed in before: strangers' guesses don't
-- lock it out.
CREATE TABLE member_devices (
    member_id     uuid        NOT NULL REFERENCES members (id),
    device_hash   bytea       NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    last_seen_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (member_id, device_hash),
    CONSTRAINT member_devices_hash_ck CHECK (octet_length(device_hash) = 32)
);

CREATE INDEX member_devices_seen ON member_devices (last_seen_at);


-- What is good once and for a while: links in mails, ceremonies of passkeys,
-- a log-in that waits for its second step, a way to a social provider and
-- back, pushed authorization requests.  What the client holds is the id,
-- signed for its purpose.
CREATE TABLE one_time_tokens (
    id          uuid        PRIMARY KEY,
    purpose     text        NOT NULL,
    member_id   uuid        REFERENCES members (id),
    data        jsonb       NOT NULL DEFAULT '{}',
    attempts    smallint    NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz,
    CONSTRAINT one_time_tokens_purpose_ck CHECK (purpose ~ '^[a-z][a-z_]{2,29}$'),
    CONSTRAINT one_time_tokens_data_ck CHECK (jsonb_typeof(data) = 'object')
);

CREATE INDEX one_time_tokens_expired ON one_time_tokens (expires_at);
CREATE INDEX one_time_tokens_member ON one_time_tokens (member_id, purpose)
    WHERE member_id IS NOT NULL AND used_at IS NULL;


-- Proofs (DPoP) and assertions (private_key_jwt) are taken once.
CREATE TABLE used_proofs (
    hash        bytea       PRIMARY KEY,
    expires_at  timestamptz NOT NULL,
    CONSTRAINT used_proofs_hash_ck CHECK (octet_length(hash) = 32)
);

CREATE INDEX used_proofs_expired ON used_proofs (expires_at);


CREATE TABLE authorization_codes (
    hash              bytea       PRIMARY KEY,
    client_id         text        NOT NULL REFERENCES oauth_clients (id),
    member_id         uuid        NOT NULL REFERENCES members (id),
    parent_id         uuid        NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    redirect_uri      text        NOT NULL,
    scopes            text[]      NOT NULL,
    nonce             text,
    code_challenge    text        NOT NULL,
    dpop_jkt          text,
    acr               smallint    NOT NULL,
    amr               text[]      NOT NULL,
    authenticated_at  timestamptz NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    expires_at        timestamptz NOT NULL,
    used_at           timestamptz,
    session_id        uuid        REFERENCES sessions (id) ON DELETE SET NULL,
    CONSTRAINT authorization_codes_hash_ck CHECK (octet_length(hash) = 32)
);

COMMENT ON COLUMN authorization_codes.session_id IS 'What its use gave; a second use takes that back';

CREATE INDEX authorization_codes_expired ON authorization_codes (expires_at);


CREATE TYPE device_code_status AS ENUM ('pending', 'approved', 'denied', 'used');

CREATE TABLE device_codes (
    hash              bytea       PRIMARY KEY,
    user_code         text        NOT NULL,
    client_id         text        NOT NULL REFERENCES oauth_clients (id),
    scopes            text[]      NOT NULL,
    status            device_code_status NOT NULL DEFAULT 'pending',
    member_id         uuid        REFERENCES members (id),
    parent_id         uuid        REFERENCES sessions (id) ON DELETE CASCADE,
    acr               smallint,
    amr               text[],
    authenticated_at  timestamptz,
    interval_s        smallint    NOT NULL DEFAULT 5,
    polled_at         timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    expires_at        timestamptz NOT NULL,
    CONSTRAINT device_codes_hash_ck CHECK (octet_length(hash) = 32),
    CONSTRAINT device_codes_user_code_key UNIQUE (user_code)
);

CREATE INDEX device_codes_expired ON device_codes (expires_at);


CREATE TABLE oauth_consents (
    member_id   uuid        NOT NULL REFERENCES members (id),
    client_id   text        NOT NULL REFERENCES oauth_clients (id),
    scopes      text[]      NOT NULL,
    granted_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (member_id, client_id)
);


-- An account elsewhere that signs in to one here.
CREATE TABLE member_identities (
    provider    text        NOT NULL,
    subject     text        COLLATE "C" NOT NULL,
    member_id   uuid        NOT NULL REFERENCES members (id),
    email       text,
    linked_at   timestamptz NOT NULL DEFAULT now(),
    used_at     timestamptz,
    PRIMARY KEY (provider, subject),
    CONSTRAINT member_identities_one_a_provider_key UNIQUE (member_id, provider),
    CONSTRAINT member_identities_provider_ck CHECK (provider ~ '^[a-z][a-z0-9_]{1,29}$'),
    CONSTRAINT member_identities_subject_ck CHECK (char_length(subject) BETWEEN 1 AND 255)
);


CREATE TABLE totp_factors (
    member_id      uuid        PRIMARY KEY REFERENCES members (id),
    secret_sealed  bytea       NOT NULL,
    confirmed_at   timestamptz,
    last_step      bigint      NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT now()
);

COMMENT ON COLUMN totp_factors.last_step IS 'Of the last code taken: a code is good once (RFC 6238 section 5.2)';

-- New codes take the places of the old, so that there are never more than ten.
CREATE TABLE recovery_codes (
    member_id   uuid        NOT NULL REFERENCES members (id),
    place       smallint    NOT NULL,
    hash        bytea       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    used_at     timestamptz,
    PRIMARY KEY (member_id, place),
    CONSTRAINT recovery_codes_place_ck CHECK (place BETWEEN 1 AND 10),
    CONSTRAINT recovery_codes_hash_ck CHECK (octet_length(hash) = 32)
);

COMMENT ON COLUMN recovery_codes.hash IS 'HMAC-SHA-256 under the server''s secret';

CREATE TABLE passkeys (
    id              uuid        PRIMARY KEY,
    member_id       uuid        NOT NULL REFERENCES members (id),
    credential_id   bytea       NOT NULL,
    public_key      bytea       NOT NULL,
    sign_count      bigint      NOT NULL DEFAULT 0,
    transports      text[]      NOT NULL DEFAULT '{}',
    aaguid          uuid        NOT NULL,
    name            text        NOT NULL,
    discoverable    boolean     NOT NULL DEFAULT true,
    backed_up       boolean     NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL DEFAULT now(),
    last_used_at    timestamptz,
    CONSTRAINT passkeys_credential_key UNIQUE (credential_id),
    CONSTRAINT passkeys_credential_ck CHECK (octet_length(credential_id) BETWEEN 16 AND 1023),
    CONSTRAINT passkeys_public_key_ck CHECK (octet_length(public_key) <= 2000),
    CONSTRAINT passkeys_name_ck CHECK (char_length(name) BETWEEN 1 AND 60)
);

COMMENT ON COLUMN passkeys.public_key IS 'COSE_Key (RFC 9052 section 7) as the authenticator gave it';

CREATE INDEX passkeys_member ON passkeys (member_id);


-- By mail to one address; whoever holds the link and has that address may.
CREATE TABLE resort_invitations (
    id           uuid               PRIMARY KEY,
    resort_id    uuid               NOT NULL REFERENCES resorts (id),
    email        text               COLLATE "C" NOT NULL,
    role         resort_member_role NOT NULL,
    invited_by   uuid               NOT NULL REFERENCES members (id),
    created_at   timestamptz        NOT NULL DEFAULT now(),
    expires_at   timestamptz        NOT NULL,
    accepted_at  timestamptz,
    accepted_by  uuid               REFERENCES members (id),
    revoked_at   timestamptz,
    CONSTRAINT resort_invitations_role_ck CHECK (role <> 'owner')
);

CREATE INDEX resort_invitations_resort ON resort_invitations (resort_id, created_at DESC);
CREATE INDEX resort_invitations_email ON resort_invitations (email);


-- What is to be sent.  The outbox's events of topic mail.<template> become
-- rows here; parameters hold ids of one-time tokens, never a token.
CREATE TYPE mail_status AS ENUM ('queued', 'sent', 'dead');

CREATE TABLE mails (
    id            uuid        PRIMARY KEY,
    outbox_id     bigint      NOT NULL UNIQUE,
    template      text        NOT NULL,
    recipient     text        NOT NULL,
    locale        text        NOT NULL,
    params        jsonb       NOT NULL,
    status        mail_status NOT NULL DEFAULT 'queued',
    attempts      smallint    NOT NULL DEFAULT 0,
    available_at  timestamptz NOT NULL DEFAULT now(),
    created_at    timestamptz NOT NULL DEFAULT now(),
    sent_at       timestamptz,
    last_error    text,
    CONSTRAINT mails_params_ck CHECK (jsonb_typeof(params) = 'object'),
    CONSTRAINT mails_sent_ck CHECK ((status = 'sent') = (sent_at IS NOT NULL))
) WITH (fillfactor = 80);

CREATE INDEX mails_queued ON mails (available_at) WHERE status = 'queued';
CREATE INDEX mails_dead ON mails (created_at DESC, id DESC) WHERE status = 'dead';
CREATE INDEX mails_old ON mails (created_at);

-- What the queue takes from the outbox, however much else waits there; and
-- what may be forgotten.
CREATE INDEX outbox_mail ON outbox (id) WHERE published_at IS NULL AND topic LIKE 'mail.%';
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;


-- Every security event, hashed over the one before it in its chain.  There
-- are sixteen chains, by whose account it is, so that log-ins don't all wait
-- for one row; a chain's head is locked to the end of the transaction.
CREATE TABLE security_chains (
    chain  smallint PRIMARY KEY,
    seq    bigint   NOT NULL DEFAULT 0,
    hash   bytea    NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'
);

INSERT INTO security_chains (chain) SELECT generate_series(0, 15);

CREATE TABLE security_events (
    chain         smallint    NOT NULL REFERENCES security_chains (chain),
    seq           bigint      NOT NULL,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    action        text        NOT NULL,
    member_id     uuid,
    actor_id      uuid,
    session_id    uuid,
    client_id     text,
    address_hash  bytea,
    request_id    text,
    detail        jsonb       NOT NULL DEFAULT '{}',
    prev_hash     bytea       NOT NULL,
    hash          bytea       NOT NULL,
    PRIMARY KEY (chain, seq),
    CONSTRAINT security_events_action_ck CHECK (action ~ '^[a-z][a-z_]*(\.[a-z][a-z_]*)+$'),
    CONSTRAINT security_events_request_ck CHECK (char_length(request_id) <= 100),
    CONSTRAINT security_events_detail_ck CHECK (jsonb_typeof(detail) = 'object')
);

COMMENT ON COLUMN security_events.member_id IS 'Whose account it concerns; not a key, the trail outlives it';
COMMENT ON COLUMN security_events.actor_id IS 'Who did it, when signed in';
COMMENT ON COLUMN security_events.address_hash IS 'Keyed hash (32 bytes) of the caller''s address';

CREATE INDEX security_events_member ON security_events (member_id, at, chain, seq);
CREATE INDEX security_events_action ON security_events (action, at, chain, seq);
CREATE INDEX security_events_at ON security_events (at, chain, seq);

-- What is hashed; the verification below and the trigger agree by this.
CREATE FUNCTION security_event_hash(e security_events)
RETURNS bytea
LANGUAGE sql
STABLE
RETURN sha256(e.prev_hash || convert_to(
    jsonb_build_array(e.chain, e.seq, extract(epoch FROM e.at), e.action, e.member_id,
                      e.actor_id, e.session_id, e.client_id, encode(e.address_hash, 'hex'),
                      e.request_id, e.detail)::text, 'UTF8'));

CREATE FUNCTION chain_security_event()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    NEW.chain := CASE
        WHEN NEW.member_id IS NULL THEN 0
        ELSE get_byte(uuid_send(NEW.member_id), 15) & 15
    END;

    UPDATE security_chains
       SET seq = seq + 1
     WHERE chain = NEW.chain
    RETURNING seq, hash INTO NEW.seq, NEW.prev_hash;

    NEW.at := clock_timestamp();
    NEW.hash := security_event_hash(NEW);

    UPDATE security_chains
       SET hash = NEW.hash
     WHERE chain = NEW.chain;

    RETURN NEW;
END
$$;

CREATE TRIGGER security_events_chain
    BEFORE INSERT ON security_events
    FOR EACH ROW
    EXECUTE FUNCTION chain_security_event();

CREATE TRIGGER security_events_append_only
    BEFORE UPDATE OR DELETE ON security_events
    FOR EACH ROW
    EXECUTE FUNCTION refuse_rewriting();

CREATE TRIGGER security_events_no_truncate
    BEFORE TRUNCATE ON security_events
    FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_rewriting();

-- The first event of each chain that is not what it was, or is missing; and a
-- head that its last event doesn't lead to.  No rows: the trail is whole.  A
-- long one can be looked at chain by chain.
CREATE FUNCTION security_events_verify(only_chain smallint DEFAULT NULL)
RETURNS TABLE (chain smallint, seq bigint, fault text)
LANGUAGE sql
STABLE
BEGIN ATOMIC
    SELECT DISTINCT ON (c.chain) c.chain, f.seq, f.fault
      FROM security_chains AS c
     CROSS JOIN LATERAL (
               SELECT e.seq,
                      CASE
                          WHEN e.seq <> 1 + coalesce(lag(e.seq) OVER w, 0)
                              THEN 'an event before it is missing'
                          WHEN e.prev_hash <> coalesce(lag(e.hash) OVER w, decode(repeat('00', 32), 'hex'))
                              THEN 'does not follow the event before it'
                          WHEN e.hash <> security_event_hash(e)
                              THEN 'was changed'
                          WHEN e.seq > c.seq
                              THEN 'was put after the last event'
                      END AS fault
                 FROM security_events AS e
                WHERE e.chain = c.chain
               WINDOW w AS (ORDER BY e.seq)
                UNION ALL
               SELECT c.seq,
                      'the last event is missing'
                WHERE c.seq > 0
                  AND NOT EXISTS (SELECT
                                    FROM security_events AS e
                                   WHERE e.chain = c.chain
                                     AND e.seq = c.seq
                                     AND e.hash = c.hash)
           ) AS f
     WHERE f.fault IS NOT NULL
       AND (only_chain IS NULL OR c.chain = only_chain)
     ORDER BY c.chain, f.seq;
END;


-- The verdict on a token is kept by every node until one of these is named:
-- session:<id>, member:<id>, client:<id>.
CREATE FUNCTION notify_sessions()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    tags    text[];
    changed bigint;
BEGIN
    SELECT array_agg('session:' || n.id), count(*)
      INTO tags, changed
      FROM old_rows AS o
      JOIN new_rows AS n USING (id)
     WHERE (o.revoked_at, o.expires_at, o.acr, o.authenticated_at, o.amr, o.scopes)
           IS DISTINCT FROM
           (n.revoked_at, n.expires_at, n.acr, n.authenticated_at, n.amr, n.scopes);

    IF changed > 0 THEN
        PERFORM notify_changes(tags, changed);
    END IF;

    RETURN NULL;
END
$$;

CREATE TRIGGER sessions_notify_update
    AFTER UPDATE ON sessions
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_sessions();

CREATE FUNCTION notify_session_deletions()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    tags    text[];
    changed bigint;
BEGIN
    SELECT array_agg('session:' || id), count(*)
      INTO tags, changed
      FROM old_rows
     WHERE expires_at > now()
       AND revoked_at IS NULL;

    IF changed > 0 THEN
        PERFORM notify_changes(tags, changed);
    END IF;

    RETURN NULL;
END
$$;

CREATE TRIGGER sessions_notify_delete
    AFTER DELETE ON sessions
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_session_deletions();

CREATE FUNCTION notify_members()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    tags    text[];
    changed bigint;
BEGIN
    SELECT array_agg('member:' || n.id), count(*)
      INTO tags, changed
      FROM old_rows AS o
      JOIN new_rows AS n USING (id)
     WHERE (o.status, o.suspended_until, o.roles)
           IS DISTINCT FROM
           (n.status, n.suspended_until, n.roles);

    IF changed > 0 THEN
        PERFORM notify_changes(tags, changed);
    END IF;

    RETURN NULL;
END
$$;

CREATE TRIGGER members_notify_update
    AFTER UPDATE ON members
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_members();

-- Whether there is a second factor is part of the verdict on a member.
CREATE FUNCTION notify_factors()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_notify('resortbite_changes', 'member:' || coalesce(NEW.member_id, OLD.member_id));

    RETURN NULL;
END
$$;

CREATE TRIGGER totp_factors_notify
    AFTER DELETE OR UPDATE OF confirmed_at ON totp_factors
    FOR EACH ROW
    EXECUTE FUNCTION notify_factors();

CREATE TRIGGER passkeys_notify
    AFTER INSERT OR DELETE ON passkeys
    FOR EACH ROW
    EXECUTE FUNCTION notify_factors();

CREATE FUNCTION notify_oauth_clients()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    tags    text[];
    changed bigint;
BEGIN
    SELECT array_agg('client:' || n.id), count(*)
      INTO tags, changed
      FROM old_rows AS o
      JOIN new_rows AS n USING (id)
     WHERE o *<> n;

    IF changed > 0 THEN
        PERFORM notify_changes(tags, changed);
    END IF;

    RETURN NULL;
END
$$;

CREATE TRIGGER oauth_clients_notify_update
    AFTER UPDATE ON oauth_clients
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_oauth_clients();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['sessions', 'members', 'oauth_clients'] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I AFTER TRUNCATE ON %I'
            ' FOR EACH STATEMENT EXECUTE FUNCTION notify_everything()',
            name || '_notify_truncate', name);
    END LOOP;
END
$$;


GRANT SELECT ON consent_documents, security_chains TO resortbite_app;
GRANT SELECT, INSERT ON member_consents, security_events TO resortbite_app;
GRANT SELECT, INSERT, UPDATE ON oauth_clients, mails, resort_invitations TO resortbite_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    sign_ups, sessions, refresh_tokens, member_devices, one_time_tokens, used_proofs,
    authorization_codes, device_codes, oauth_consents, member_identities, totp_factors,
    recovery_codes, passkeys
    TO resortbite_app;
GRANT DELETE ON mails TO resortbite_app;
