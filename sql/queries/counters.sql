-- What was counted of posts.


-- Adds a batch that a node has gathered; false when it was added before.
--
-- name: counters_flush lane=write
SELECT counters_add($batch::uuid, $posts::uuid[], $views::bigint[], $recounts::boolean[]) AS added;
