-- The one way by which posts move from state to state, are deleted softly and
-- restored, whoever asks: a resort of one, a moderator of one or of many, a
-- decision about a report, upkeep when their last day has passed.

-- Where a post may go, by one kind of actor.
CREATE FUNCTION post_allowed(post posts, actor text)
RETURNS text[]
LANGUAGE sql
STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
               WHEN post.deleted_at IS NULL
                   THEN ARRAY(SELECT DISTINCT m.to_status::text
                                FROM post_moves AS m
                               WHERE m.from_status = post.status
                                 AND m.actor = post_allowed.actor
                                 AND m.to_status <> m.from_status
                               ORDER BY 1)
               WHEN post_allowed.actor = 'resort' THEN ARRAY[post.status::text]
               ELSE ARRAY(SELECT m.to_status::text
                            FROM post_moves AS m
                           WHERE m.from_status = post.status
                             AND m.actor = post_allowed.actor
                             AND m.verb = 'hide')
           END;
END;


-- Moves each of `asked', an object of posts' ids: the revisions that were read
-- (an array), or null for any.  What is allowed is what post_moves has for `by'
-- (resort, moderator, system); of_resort is null where posts of all resorts may
-- be moved.  With dry nothing is written, and the answer is what would have
-- been.  detail is added to the trail.
--
-- outcome: `done', `again' (deleted before), `own' (a moderator of a resort that
-- they are a member of), `reason' (one is due), `stale' (another revision), `state'
-- (no such move from where it is), `rules' (the law refuses; see findings).
-- No row: no such post there.  was is the post as it was found, became as this
-- move left it: what comes after that is somebody else's.
--
-- All resorts are locked before the first post, both in the order of their ids,
-- so that a resort's change of address, an edit of a post and others of these at
-- the same time wait for each other and never in a circle.  Each query of a
-- volatile function has a snapshot of its own: what is looked at is looked at
-- with the locks held.
--
-- A deleted post doesn't hold its work types: restored to the public after one
-- of them has changed it waits for review.  One that is deleted can be hidden,
-- and is when it is restored.
--
-- When an approval makes public what is worse for those who applied, each of
-- them whose application is still open will be told what, by the event
-- post.worse_published: they may be many (sql/queries/upkeep.sql,
-- upkeep_tell_applicants).  The resort is told what moderators have decided.
CREATE FUNCTION move_posts(asked jsonb, verb text, by text, of_resort uuid, actor uuid,
                           reason text, request_id text, dry boolean, detail jsonb)
RETURNS TABLE (id uuid, outcome text, was posts, became posts, to_status post_status, findings jsonb)
LANGUAGE plpgsql
VOLATILE
AS $$
#variable_conflict use_column
DECLARE
    ids  CONSTANT uuid[] := ARRAY(SELECT jsonb_object_keys(asked)::uuid);
    said CONSTANT text := nullif(seen_text(reason), '');
    due  CONSTANT boolean := EXISTS (SELECT
                                       FROM post_moves AS m
                                      WHERE m.actor = move_posts.by
                                        AND m.verb = move_posts.verb
                                        AND m.needs_reason);
BEGIN
    PERFORM
       FROM resorts AS r
      WHERE r.id = ANY (ARRAY(SELECT p.resort_id
                                FROM posts AS p
                               WHERE p.id = ANY (ids)
                                 AND (of_resort IS NULL OR p.resort_id = of_resort)))
      ORDER BY r.id
        FOR SHARE;

    PERFORM
       FROM posts AS p
      WHERE p.id = ANY (ids)
        AND (of_resort IS NULL OR p.resort_id = of_resort)
      ORDER BY p.id
        FOR UPDATE;

    IF move_posts.verb = 'restore' THEN
        PERFORM
           FROM work_types AS w
          WHERE w.id = ANY (ARRAY(SELECT unnest(p.work_type_ids)
                                    FROM posts AS p
                                   WHERE p.id = ANY (ids)))
          ORDER BY w.id
            FOR KEY SHARE;
    END IF;

    RETURN QUERY
    WITH looked AS MATERIALIZED (
             SELECT p AS post,
                    r.name AS resort,
                    CASE
                        WHEN m.verb = 'restore'
                         AND p.status IN ('approved', 'paused')
                         AND EXISTS (SELECT
                                       FROM work_types AS w
                                      WHERE w.id = ANY (p.work_type_ids)
                                        AND w.updated_at >= p.deleted_at)
                            THEN 'pending'
                        ELSE m.to_status
                    END AS to_status,
                    m.needs_reason,
                    m.event,
                    asked->p.id::text AS read,
                    CASE
                        WHEN m.to_status = 'approved' AND m.verb <> 'delete' OR m.verb = 'submit'
                            THEN post_findings_json(p)
                        ELSE '[]'
                    END AS findings
               FROM posts AS p
               JOIN resorts AS r ON r.id = p.resort_id
               LEFT JOIN post_moves AS m
                 ON m.from_status = p.status
                AND m.actor = move_posts.by
                AND m.verb = move_posts.verb
                AND ((m.verb = 'restore') = (p.deleted_at IS NOT NULL) OR m.verb = 'hide')
              WHERE p.id = ANY (ids)
                AND (of_resort IS NULL OR p.resort_id = of_resort)
         ),
         verdict AS MATERIALIZED (
             SELECT *,
                    CASE
                        WHEN move_posts.by = 'resort'
                         AND move_posts.verb = 'delete'
                         AND (post).deleted_at IS NOT NULL
                            THEN 'again'
                        WHEN move_posts.by = 'moderator'
                         AND EXISTS (SELECT
                                       FROM resort_members AS o
                                      WHERE o.resort_id = (post).resort_id
                                        AND o.member_id = move_posts.actor)
                            THEN 'own'
                        WHEN due AND coalesce(char_length(said), 0) < 2
                          OR char_length(said) > 1000
                            THEN 'reason'
                        WHEN read <> 'null' AND NOT read @> to_jsonb((post).revision) THEN 'stale'
                        WHEN to_status IS NULL THEN 'state'
                        WHEN findings @> '[{"severity": "refuse"}]' THEN 'rules'
                        ELSE 'done'
                    END AS outcome
               FROM looked
         ),
         moved AS (
             UPDATE posts AS p
                SET status = v.to_status,
                    status_reason = CASE
                                        WHEN move_posts.verb IN ('delete', 'restore')
                                            THEN p.status_reason
                                        ELSE said
                                    END,
                    published_at = CASE v.to_status
                                       WHEN 'approved' THEN coalesce(p.published_at, now())
                                       ELSE p.published_at
                                   END,
                    deleted_at = CASE move_posts.verb
                                     WHEN 'delete' THEN now()
                                     WHEN 'restore' THEN NULL
                                     ELSE p.deleted_at
                                 END,
                    updated_by = coalesce(move_posts.actor, p.updated_by),
                    updated_at = now()
               FROM verdict AS v
              WHERE p.id = (v.post).id
                AND v.outcome = 'done'
                AND NOT dry
             RETURNING p.id, p.resort_id, p.status, p.title, p.version, v.post AS was, v.resort,
                       v.event, v.needs_reason, coalesce(p.edited_by, p.created_by) AS author_id,
                       p AS post
         ),
         worse AS MATERIALIZED (
             SELECT m.id,
                    post_worse_lines(c.public, post_content(m.was), 'ko') AS lines_ko,
                    post_worse_lines(c.public, post_content(m.was), 'en') AS lines_en
               FROM moved AS m
              CROSS JOIN LATERAL post_public_content(m.was) AS c (public)
              WHERE m.status = 'approved'
                AND move_posts.verb NOT IN ('delete', 'restore')
                AND post_worse(c.public, post_content(m.was)) <> '{}'
         ),
         event AS (
             INSERT INTO outbox (topic, key, payload)
             SELECT m.event,
                    'job:' || m.id,
                    jsonb_build_object('post_id', m.id,
                                       'resort_id', m.resort_id,
                                       'from', (m.was).status,
                                       'to', m.status,
                                       'version', m.version)
               FROM moved AS m
         ),
         trail AS (
             INSERT INTO audit_events
                    (actor_id, action, subject_type, subject_id, request_id, detail)
             SELECT move_posts.actor,
                    m.event,
                    'job',
                    m.id,
                    left(move_posts.request_id, 100),
                    jsonb_strip_nulls(jsonb_build_object('resort_id', m.resort_id,
                                                         'from', (m.was).status,
                                                         'to', m.status,
                                                         'version', m.version,
                                                         'reason', said)
                                      || move_posts.detail)
               FROM moved AS m
         ),
         worse_published AS (
             INSERT INTO outbox (topic, key, payload)
             SELECT 'post.worse_published',
                    'job:' || m.id,
                    jsonb_build_object('post_id', m.id,
                                       'resort', m.resort,
                                       'title', m.title,
                                       'version', m.version,
                                       'changes', jsonb_build_object('ko', w.lines_ko,
                                                                     'en', w.lines_en))
               FROM worse AS w
               JOIN moved AS m ON m.id = w.id
         ),
         told_resort AS (
             INSERT INTO outbox (topic, key, payload)
             SELECT CASE WHEN m.needs_reason THEN 'mail.post_returned' ELSE 'mail.post_public' END,
                    'mail:' || m.id,
                    jsonb_build_object('to', c.email,
                                       'locale', c.locale,
                                       'params', jsonb_strip_nulls(jsonb_build_object(
                                           'name', c.display_name,
                                           'resort', m.resort,
                                           'title', m.title,
                                           'post_id', m.id,
                                           'decision', m.status,
                                           'reason', said)))
               FROM moved AS m
               JOIN resort_members AS o
                 ON o.resort_id = m.resort_id
                AND (o.role = 'owner' OR o.member_id = m.author_id)
               JOIN members AS c ON c.id = o.member_id
              WHERE move_posts.by = 'moderator'
                AND c.deleted_at IS NULL
                AND c.erased_at IS NULL
         )
    SELECT (v.post).id,
           v.outcome,
           v.post,
           coalesce(m.post, v.post),
           v.to_status,
           v.findings
      FROM verdict AS v
      LEFT JOIN moved AS m ON m.id = (v.post).id;
END
$$;


-- Whether a report is of a resort that somebody is a member of: then it isn't for
-- them, whatever else they are.
CREATE FUNCTION report_of_own(post uuid, member uuid)
RETURNS boolean
LANGUAGE sql
STABLE PARALLEL SAFE
RETURN EXISTS (SELECT
                 FROM posts AS p
                 JOIN resort_members AS o ON o.resort_id = p.resort_id
                WHERE p.id = post
                  AND o.member_id = member);
