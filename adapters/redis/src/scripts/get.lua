-- KEYS: the entry, the cells. Returns {moment}, or {moment, tags, value} of a valid entry.
local entry = redis.pcall('HMGET', KEYS[1], 'began', 'tags', 'value')
local floor = redis.call('ZSCORE', KEYS[2], 'floor')
local last = last_moment(KEYS[2])
-- A key that is not a hash is foreign: HMGET returns an error, which has no first element.
if floor and entry[1] and entry[2] and entry[3] and is_valid(KEYS[2], floor, tonumber(entry[1]), entry[2]) then
  -- No later purge can get this moment, so a fill may start at it too.
  return {text(last), entry[2], entry[3]}
end
local now = math.max(clock(), last)
if not floor then
  -- The cells are lost, and with them the purges: no entry from before is valid.
  now = now + 1
  redis.call('ZADD', KEYS[2], text(now), 'floor')
end
-- Stored, so that every later purge gets a later moment even if the server's clock is set back.
redis.call('ZADD', KEYS[2], text(now), 'clock')
return {text(now)}
