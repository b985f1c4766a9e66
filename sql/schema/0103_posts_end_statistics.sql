-- count=planned is the planner's guess, and of an expression that it knows
-- nothing of it guesses a third.  How far into the future a post goes depends on
-- whether it is live: so the two are looked at together.
CREATE STATISTICS posts_live_end (mcv) ON live, least(deadline, ends_on) FROM posts;
ANALYZE posts;
