-- Words the product is described with.


-- The names of regions and categories in one language, for GET /api/v1/meta.
--
-- name: meta_words
SELECT array_to_json(ARRAY(
           SELECT row_to_json(r)
             FROM (
                      SELECT code,
                             name_ko AS name,              -- when: !en
                             name_en AS name,              -- when: en
                             lat,
                             lng
                        FROM regions
                       ORDER BY position
                  ) AS r
       )) AS regions,
       array_to_json(ARRAY(
           SELECT row_to_json(c)
             FROM (
                      SELECT code,
                             name_ko AS name               -- when: !en
                             name_en AS name               -- when: en
                        FROM categories
                       ORDER BY position
                  ) AS c
       )) AS categories;
