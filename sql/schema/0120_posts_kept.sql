-- Fills in what 0110 added to posts, in a transaction that leaves them readable:
-- half a million rows take a minute or two, in which their writers wait.

-- No history of it: this is how the rows are kept, not what they say.
ALTER TABLE posts DISABLE TRIGGER USER;

UPDATE posts AS p
   SET work_type_ids = coalesce(nullif(p.work_type_ids, '{}'),
                                (SELECT array_agg(o.work_type_id ORDER BY o.work_type_id)
                                   FROM post_work_types AS o
                                  WHERE o.post_id = p.id),
                                '{}'),
       approved_version = coalesce(p.approved_version,
                                   CASE WHEN published_at IS NOT NULL THEN version END),
       edited_by = coalesce(p.edited_by, CASE WHEN version > 1 THEN updated_by END),
       edited_at = coalesce(p.edited_at, CASE WHEN version > 1 THEN updated_at END)
 WHERE (published_at IS NOT NULL AND approved_version IS NULL)
    OR (version > 1 AND edited_by IS NULL)
    OR (work_type_ids = '{}'
        AND EXISTS (SELECT
                      FROM post_work_types AS o
                     WHERE o.post_id = p.id));

ALTER TABLE posts ENABLE TRIGGER USER;

ALTER TABLE posts VALIDATE CONSTRAINT posts_work_types_ck;
ALTER TABLE posts VALIDATE CONSTRAINT posts_approved_version_ck;
